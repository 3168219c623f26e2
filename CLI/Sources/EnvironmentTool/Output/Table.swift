import CommandLineProgram

/// Rows of words under a header, in columns that are as wide as their widest word.
struct Table: Sendable {
    let header: [String]
    var rows: [[String]] = []
    /// The column that gives way first when the terminal is too narrow, at its end; the last one if not given.
    var flexible: Int?
    /// The width that the flexible column keeps while others can be left out; that of its header if not given.
    var flexibleLeast: Int?
    /// The columns that give way next, in the middle of their words.
    var shortened: [Int] = []
    /// The columns that are left out, one after the other, where that is not enough.
    var dispensable: [Int] = []
    /// How the words of a column look, a style for each row.
    var styles: [Int: [Style?]] = [:]

    /// The lines; with a width, columns give way so that none is longer.
    func lines(width: Int? = StandardOutput.columns) -> [String] {
        let widths = widths(within: width)
        return ([header] + rows).enumerated().map { index, row in
            let shown = row.indices.filter { widths[$0] > 0 }
            let cells = shown.map { column in
                let text = fitted(row[column], column, widths[column])
                let padding =
                    column == shown.last ? "" : String(repeating: " ", count: max(0, widths[column] - text.columns))
                guard index > 0, let style = styles[column]?[index - 1] else { return text + padding }
                return style(text) + padding
            }
            return cells.joined(separator: "  ").trimmedAtEnd
        }
    }

    private func widths(within width: Int?) -> [Int] {
        var widths = header.indices.map { column in ([header] + rows).map { $0[column].columns }.max() ?? 0 }
        guard let width else { return widths }
        let flexible = flexible ?? header.count - 1
        func excess() -> Int { widths.reduce(0, +) + 2 * (widths.count { $0 > 0 } - 1) - width }
        func give(_ column: Int, downTo least: Int) {
            widths[column] -= min(max(0, excess()), max(0, widths[column] - least))
        }
        let least = header[flexible].columns
        give(flexible, downTo: max(least, flexibleLeast ?? least))
        let widest = shortened.sorted { widths[$0] > widths[$1] }
        for column in widest { give(column, downTo: 12) }
        for column in widest { give(column, downTo: 6) }
        for column in dispensable where excess() > 0 { widths[column] = 0 }
        give(flexible, downTo: least)
        return widths
    }

    private func fitted(_ text: String, _ column: Int, _ width: Int) -> String {
        guard text.columns > width else { return text }
        let kept = max(width - 1, 0)
        guard shortened.contains(column) else { return text.prefix(columns: kept) + "…" }
        var end = text[...]
        while end.columns > kept / 2 { end.removeFirst() }
        return text.prefix(columns: kept - kept / 2) + "…" + end
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
