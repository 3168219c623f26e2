import JSONText
import OperatingSystem

/// Standard output: the result of a program and nothing else.
public enum StandardOutput: Sendable {
    /// Writes a text as it is; a closed or full stream is not the program's trouble.
    public static func write(_ text: String) { StandardStream.output.write(text) }

    /// Writes lines.
    public static func write(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Writes a value as one JSON object on one line.
    public static func write(json value: some Encodable) {
        let bytes = (try? JSONTextEncoder(style: .sortedNames).encode(value)) ?? []
        write(String(decoding: bytes, as: UTF8.self) + "\n")
    }

    /// Whether nobody reads any more what is written there.
    public static var isClosed: Bool { StandardStream.output.isClosed }
    public static var isTerminal: Bool { StandardStream.output.isTerminal }
    /// The terminal's width in columns; nil when it is not a terminal.
    public static var columns: Int? { StandardStream.output.columns }
    /// The terminal's height in lines; nil when it is not a terminal.
    public static var rows: Int? { StandardStream.output.rows }
    /// Whether it is a terminal that people want redrawn: not with `NO_COLOR`, and not with `TERM=dumb`.
    public static var takesEscapeCodes: Bool { StandardStream.output.takesEscapeCodes }
}

extension StandardStream {
    var takesEscapeCodes: Bool {
        ThisProcess.variable("NO_COLOR")?.isEmpty != false && ThisProcess.variable("TERM") != "dumb" && isTerminal
    }

    /// Whether the user's locale has more than ASCII.
    static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ThisProcess.variable).first { !$0.isEmpty } ?? ""
        return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    }
}
