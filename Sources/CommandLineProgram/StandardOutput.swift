import JSONText
import OperatingSystem
import Synchronization

/// Standard output: the result of a program and nothing else.
public enum StandardOutput: Sendable {
    /// Why something that was to be written is not there; nil while nothing is lost.
    private static let loss = Mutex<String?>(nil)

    /// Why a part of the result could not be written; nil while all of it was, or while nobody reads it any more.
    static var lost: String? { loss.withLock(\.self) }

    /// Writes a text as it is.
    ///
    /// What cannot be written is remembered until ``Program/exit(_:on:next:)``; that nobody reads it any more is no error.
    public static func write(_ text: String) {
        do {
            try StandardStream.output.print(text)
        } catch {
            loss.withLock { $0 = $0 ?? error.reason }
        }
    }

    /// Writes lines.
    public static func write(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Writes a value as one JSON object on one line.
    public static func write(json value: some Encodable) {
        do {
            let text = try JSONTextEncoder(style: .sortedNames).encode(value)
            write(String(decoding: text, as: UTF8.self) + "\n")
        } catch {
            loss.withLock { $0 = $0 ?? "it has no form in JSON (\(error))" }
        }
    }

    /// Whether nothing more need be written there: nobody reads it any more, or a part of it is lost.
    public static var isClosed: Bool { StandardStream.output.isClosed || lost != nil }
    public static var isTerminal: Bool { StandardStream.output.isTerminal }
    /// The terminal's width in columns; nil when it is not a terminal.
    public static var columns: Int? { StandardStream.output.columns }
    /// The terminal's height in lines; nil when it is not a terminal.
    public static var rows: Int? { StandardStream.output.rows }
    /// Whether it is a terminal that people want redrawn: not with `NO_COLOR`, with `TERM=dumb`, or without `TERM`.
    public static var takesEscapeCodes: Bool { StandardStream.output.takesEscapeCodes }
}

extension StandardStream {
    var takesEscapeCodes: Bool {
        let terminal = ThisProcess.variable("TERM") ?? ""
        return ThisProcess.variable("NO_COLOR")?.isEmpty != false && !["", "dumb"].contains(terminal) && isTerminal
    }

    /// Whether the user's locale has more than ASCII.
    static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ThisProcess.variable).first { !$0.isEmpty } ?? ""
        return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    }
}
