import CommandLineProgram

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
