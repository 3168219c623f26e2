/// What the last command changed in the stored state.
struct ChangesSection {
    let changes: StateChanges?
    let limits: Limits

    var markup: HTML? {
        guard let changes, !changes.members.isEmpty else { return nil }
        let rest = changes.members.count - limits.changes
        let more: HTML? = rest > 0 ? "<p class=\"aside\">and \(rest) more</p>" : nil
        return """
            <details class="fold changes"><summary>Changed by the last command <span class="count">\
            \(changes.members.count)</span></summary><p class="aside">serial \(changes.from) → serial \(changes.to)</p>\
            <ul>\(sorted.prefix(limits.changes).map(row))</ul>\(more)</details>
            """
    }

    /// What a release is about comes before what the lifecycle counts.
    private var sorted: [StateChanges.Member] {
        let members = changes?.members ?? []
        func isOwn(_ member: StateChanges.Member) -> Bool {
            ["details.", "completed."].contains { member.path.hasPrefix($0) }
        }
        return members.filter { !isOwn($0) } + members.filter(isOwn)
    }

    private func row(_ member: StateChanges.Member) -> HTML {
        """
        <li><span class="key">\(HTML.isolated(member.path))</span>\
        \(member.before.map { "<del>\(HTML.isolated($0))</del>" as HTML })\
        \(member.after.map { "<ins>\(HTML.isolated($0))</ins>" as HTML })</li>
        """
    }
}
