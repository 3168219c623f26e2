import JSONText
import OperatingSystem
import Synchronization

/// The standard output of a program, which contains its result and nothing else.
public enum StandardOutput: Sendable {
    /// The reason why a part of the result was lost; `nil` for none.
    private static let loss = Mutex<String?>(nil)

    /// The reason why a part of the result could not be written; `nil` for none.
    ///
    /// A reader that closed the stream is no reason.
    static var lost: String? { loss.withLock(\.self) }

    /// Writes a text.
    ///
    /// A failure is kept for ``Program/exit(_:on:next:)``; a reader that has closed the stream is no failure.
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

    /// Whether more output is useless, because the reader has closed the stream or a part of the result was lost.
    public static var isClosed: Bool { StandardStream.output.isClosed || lost != nil }
    public static var isTerminal: Bool { StandardStream.output.isTerminal }
    /// The terminal's width in columns; `nil` when it is not a terminal.
    public static var columns: Int? { StandardStream.output.columns }
    /// The terminal's height in lines; `nil` when it is not a terminal.
    public static var rows: Int? { StandardStream.output.rows }
    /// Whether standard output is a terminal that can be redrawn: not with `NO_COLOR`, with `TERM=dumb` or without
    /// `TERM`.
    public static var takesEscapeCodes: Bool { StandardStream.output.takesEscapeCodes }
}

extension StandardStream {
    var takesEscapeCodes: Bool {
        let terminal = ThisProcess.variable("TERM") ?? ""
        return ThisProcess.variable("NO_COLOR")?.isEmpty != false && !["", "dumb"].contains(terminal) && isTerminal
    }

    /// Whether the encoding of the user's locale is UTF-8.
    static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ThisProcess.variable).first { !$0.isEmpty } ?? ""
        return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    }
}
