extension String {
    /// Returns the text in lines of at most `width` columns, broken between words.
    ///
    /// A word that is longer than a line, such as a path, is not broken, so that it can be copied.
    ///
    /// - Parameters:
    ///   - width: The number of columns; `nil` for one line of any length.
    ///   - indent: The beginning of every line but the first.
    public func wrapped(at width: Int?, indent: String = "") -> [String] {
        guard let width, columns > width else { return [self] }
        var lines: [String] = []
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if let line = lines.last,
                line.columns + 1 + word.columns <= width || indent.columns + word.columns > width
            {
                lines[lines.count - 1] = line + " " + word
            } else {
                lines.append((lines.isEmpty ? "" : indent) + word)
            }
        }
        return lines
    }
}
