import CommandLineProgram
import EnvironmentDomain

/// One environment: a row, and behind it everything that is known.
struct EnvironmentSection {
    let entry: Entry
    let readAt: Timestamp
    let limits: Limits
    let isOpen: Bool

    private var environment: ReportedEnvironment { entry.environment }

    var markup: HTML {
        """
        <details class="env t-\(entry.tone.rawValue)" id="env-\(environment.name.text)"\(isOpen ? " open=\"\"" : "" as HTML)>
        <summary>\(row)</summary>
        <div class="body">\(contents)</div>
        </details>

        """
    }

    // MARK: The row

    private var row: HTML {
        """
        <span class="name">\(environment.name.text)</span> \
        <span class="state"><span class="dot"></span>\(stateText)</span> \
        <span class="release">\(release)</span> \
        <span class="age">\(environment.since.map { "for \(readAt.since($0).asAge)" } ?? "")</span> \
        <span class="remark">\(remarks)</span>
        """
    }

    private var stateText: String {
        guard let document = environment.document else { return "unreadable" }
        return document.state.rawValue + (entry.condition == .interrupted ? ", interrupted" : "")
    }

    private var release: HTML {
        let parameters = environment.document?.context.parameters ?? [:]
        guard !parameters.isEmpty else { return "" }
        let shown = parameters.sorted { $0.key < $1.key }.prefix(3)
        let rest = parameters.count - shown.count
        let values = shown.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        return "\(HTML.isolated(values))\(rest > 0 ? " +\(rest)" : nil as HTML?)"
    }

    /// What is worth a line below the row, the most urgent first.
    private var remarks: [HTML] {
        var remarks: [HTML] = []
        if let error = environment.standing.error { remarks.append(.isolated(error.brief(in: environment.folder))) }
        if let holder = environment.holder { remarks.append("held by \(markup(of: holder))") }
        if let failure = environment.document?.failure {
            remarks.append("<b>\(failure.failedStep.text)</b> \(HTML.isolated(failure.summary))")
        } else if entry.condition == .interrupted, let progress = environment.document?.progress {
            remarks.append(progress.current.map { "in step <b>\($0.name.text)</b>" } ?? "between two steps")
        }
        if let freeze, freeze.holds(at: readAt) { remarks.append("frozen: \(HTML.isolated(freeze.reason))") }
        return remarks.map { "<span>\($0)</span>" }
    }

    private var freeze: Freeze? { environment.document?.context.freeze }

    private func markup(of holder: LeaseHolder) -> HTML {
        let words = [
            holder.pid.map { "process \($0)" } ?? "a process that has not said who it is", environment.holderCondition,
            holder.command?.rawValue, holder.step.map { "step \($0)" }, holder.user.map { "user \($0)" },
            holder.host.map { "host \($0)" },
        ]
        let since: HTML? = holder.since.map { ", since \($0)" }
        return "\(HTML.isolated(words.compactMap(\.self).joined(separator: ", ")))\(since)"
    }

    private func markup(of freeze: Freeze) -> HTML {
        let until: HTML? = freeze.until.map { " until \($0)" }
        return "by \(HTML.isolated(freeze.user)) since \(freeze.since)\(until): \(HTML.isolated(freeze.reason))"
    }

    // MARK: What is behind it

    private var contents: HTML {
        let complaints = environment.complaints.map { "<p class=\"complaint\">\(HTML.isolated($0))</p>" as HTML }
        return """
            \(command)\(doubt)\(complaints)\
            \(FailureSection(environment: environment).markup(limits))\
            \(environment.document.map {
                LifecycleDrawing.figure(of: $0.state, visited: environment.history?.visited ?? [])
            })\
            <div class="columns">\
            <div>\(TimelineSection(environment: environment, readAt: readAt, limits: limits).markup)\
            \(ChangesSection(changes: environment.changes, limits: limits).markup)</div>\
            <div>\(facts)</div>\
            </div>
            """
    }

    private var command: HTML? {
        environment.next.map { line in
            """
            <div class="next"><span class="label">Next</span><code>\(line.onOneLine(limit: 1000))</code>\
            <button type="button" class="copy tool">Copy</button></div>
            """
        }
    }

    private var doubt: HTML? {
        environment.standing.error.map { "<p class=\"complaint\">\($0.message.onOneLine(limit: 2000))</p>" }
    }

    private var facts: HTML {
        var facts = Facts()
        guard let stored = environment.standing.stored else {
            facts.add("Folder", environment.folder.map(HTML.isolated))
            return facts.markup
        }
        let context = stored.document.context
        facts.add(values: "Release", context.parameters.map { ($0.key.text, $0.value) }, limits)
        facts.add("Address", (stored.document.instance?.address.text).map(HTML.isolated))
        facts.add("Held by", environment.holder.map(markup))
        facts.add("Frozen", freeze.map { $0.holds(at: readAt) ? markup(of: $0) : "no more" })
        facts.add(
            "Provider",
            "\(context.provider.kind.text) \(context.provider.source.map { HTML.isolated($0.text) })")
        facts.add("Saved", "\(stored.savedAt.map { "\($0)" as HTML }), serial \(stored.serial)")
        facts.add("Created", "\(context.createdAt)")
        facts.add("Folder", environment.folder.map(HTML.isolated))
        facts.add(values: "Outputs", context.outputs.map { ($0.key, $0.value) }, limits)
        return facts.markup
    }
}
