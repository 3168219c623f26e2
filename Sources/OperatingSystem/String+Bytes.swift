/// Searches for ASCII characters in a text, byte by byte.
///
/// `Character` is the wrong unit for these searches: `=` before U+200D, `'` before U+0301 and `\r\n` are one
/// `Character` each. A search for the characters `=`, `'` or `\n` would miss them, and untrusted text could use that to
/// pass a check.
extension StringProtocol {
    /// Returns the parts between the separators.
    package func parts(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
    ) -> [String] {
        utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maxSplits, omittingEmptySubsequences: omittingEmpty
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The lines without their ends, which are `\n` or `\r\n`; the last line needs no end.
    package var textLines: [String] {
        var lines = parts(at: "\n", omittingEmpty: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0.ends(with: "\r") ? String(decoding: $0.utf8.dropLast(), as: UTF8.self) : $0 }
    }

    package func begins(with start: String) -> Bool { utf8.starts(with: start.utf8) }

    package func ends(with end: String) -> Bool { utf8.reversed().starts(with: end.utf8.reversed()) }

    package func has(_ character: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: character)) }
}
