import CommandLineProgram

/// Rows of words under a header, in columns that are as wide as their widest word.
struct Table: Sendable {
    let header: [String]
    var rows: [[String]] = []
    /// The column that gives way when the terminal is too narrow; the last one if not given.
    var flexible: Int?

    /// The lines; with a width, one column gives way so that none is longer.
    func lines(width: Int? = StandardOutput.columns) -> [String] {
        let all = [header] + rows
        var widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let flexible = flexible ?? header.count - 1
        if let width {
            let rest = widths.reduce(0, +) - widths[flexible] + 2 * (header.count - 1)
            widths[flexible] = min(widths[flexible], max(width - rest, header[flexible].columns))
        }
        return all.map { row in
            zip(row, widths).map { cell, width in
                let text = cell.columns > width ? cell.prefix(columns: max(width - 1, 0)) + "…" : cell[...]
                return text + String(repeating: " ", count: max(0, width - text.columns))
            }.joined(separator: "  ").trimmedAtEnd
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

    /// Adds a value; a terminal that is too narrow for it gets it in several lines.
    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        lines += line(name, value).wrapped(at: StandardOutput.columns, indent: String(repeating: " ", count: 13))
    }

    /// Adds a command line, which stays in one piece, to be copied.
    mutating func add(_ name: String, command: String?) {
        if let command { lines.append(line(name, command)) }
    }

    private func line(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 11 - name.columns)) + value
    }
}
