extension String {
    /// The text in lines of at most so many columns, broken between words.
    ///
    /// A word that is longer than a line, such as a path, stays in one piece, so that it can be copied.
    ///
    /// - Parameters:
    ///   - width: the number of columns; nil for one line of any length.
    ///   - indent: what every line but the first begins with.
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
