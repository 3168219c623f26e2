/// Looking for ASCII in a text, byte by byte.
///
/// `Character` is the wrong unit for that. `=` before U+200D, `'` before U+0301 and `\r\n` are one `Character` each, so
/// that a search for `=`, `'` or `\n` does not find them, and a text that came from outside slips through.
extension StringProtocol {
    /// The parts between the separators.
    package func parts(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
    ) -> [String] {
        utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maxSplits, omittingEmptySubsequences: omittingEmpty
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The lines without what ends them, `\n` or `\r\n`; a last line without an end counts too.
    package var textLines: [String] {
        var lines = parts(at: "\n", omittingEmpty: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0.ends(with: "\r") ? String(decoding: $0.utf8.dropLast(), as: UTF8.self) : $0 }
    }

    package func begins(with start: String) -> Bool { utf8.starts(with: start.utf8) }

    package func ends(with end: String) -> Bool { utf8.reversed().starts(with: end.utf8.reversed()) }

    package func has(_ character: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: character)) }
}
