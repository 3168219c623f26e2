import CommandLineProgram

/// Rows of words under a header, in columns that are as wide as their widest word.
struct Table: Sendable {
    let header: [String]
    var rows: [[String]] = []

    /// The lines; with a width, the last column gives way so that no line is longer.
    func lines(width: Int? = StandardOutput.columns) -> [String] {
        let all = [header] + rows
        let widths = header.indices.dropLast().map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let start = cells.map { $0 + "  " }.joined()
            let line = (start + (row.last ?? "")).trimmedAtEnd
            guard let width, line.count > width else { return line }
            return String(line.prefix(max(width - 1, 1))) + "…"
        }
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// Names and values, one a line, the values below each other.
struct Details: Sendable {
    private(set) var lines: [String] = []

    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        lines.append("  " + name + String(repeating: " ", count: max(1, 11 - name.count)) + value)
    }
}
