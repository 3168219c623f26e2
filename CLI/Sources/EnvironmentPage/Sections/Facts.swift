/// Names and values in two columns.
struct Facts {
    private var rows: [HTML] = []

    mutating func add(_ name: String, _ value: HTML?) {
        if let value { rows.append("<dt>\(name)</dt><dd>\(value)</dd>") }
    }

    /// Adds texts by name, sorted, and no more of them than the limit.
    mutating func add(values name: String, _ values: [(name: String, value: String)], _ limits: Limits) {
        guard !values.isEmpty else { return }
        let shown = values.sorted { $0.name < $1.name }.prefix(limits.values).map { value -> HTML in
            "<li><span class=\"key\">\(HTML.isolated(value.name))</span> \(HTML.isolated(value.value))</li>"
        }
        let rest = values.count - shown.count
        let more: HTML? = rest > 0 ? "<li class=\"more\">and \(rest) more</li>" : nil
        add(name, "<ul class=\"values\">\(shown)\(more)</ul>")
    }

    var markup: HTML { rows.isEmpty ? "" : "<dl class=\"facts\">\(rows)</dl>" }
}
