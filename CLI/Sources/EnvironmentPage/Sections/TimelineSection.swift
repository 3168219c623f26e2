import CommandLineProgram
import EnvironmentDomain

/// The newest runs, each with its steps on a common scale.
struct TimelineSection {
    let environment: ReportedEnvironment
    let readAt: Timestamp
    let limits: Limits

    var markup: HTML? {
        guard let runs = environment.history?.runs, !runs.isEmpty else { return nil }
        let shown = runs.suffix(limits.runs).reversed()
        let newest = runs.last
        let rest = runs.count - shown.count
        let more: HTML? =
            rest > 0
            ? """
            <p class="aside">and \(rest) earlier \(rest == 1 ? "run" : "runs")\
            \(environment.wholeHistory.map { ": <code>\($0.onOneLine(limit: 1000))</code>" as HTML })</p>
            """ : nil
        return """
            <section class="timeline"><h3>Runs</h3><ol>\(shown.map { row($0, isNewest: $0 == newest) })</ol>\(more)</section>
            """
    }

    private func row(_ run: RecordedRun, isNewest: Bool) -> HTML {
        var outcome = run.outcome(isHeld: isNewest && environment.holder?.commandID == run.id)
        // What came last may be what cannot be read.
        if isNewest, environment.document == nil, outcome == .interrupted { outcome = .unknown }
        let end = outcome == .working ? readAt : run.endedAt
        let head: HTML = """
            <span class="command">\(run.command.rawValue)</span> \
            <span class="outcome"><span class="dot"></span>\(outcome.word)</span> \
            <span class="at">\(run.startedAt)</span> \
            <span class="took">\(run.steps.isEmpty ? "" : end.since(run.startedAt).inWords)</span>
            """
        let unsaved: HTML? =
            run.hasUnsavedEvent
            ? "<p class=\"aside\">A save of this run failed and was made good by a later one.</p>" : nil
        let reason: HTML? = run.reason.map { "<p class=\"aside reason\">\(HTML.isolated($0))</p>" }
        let tone = outcome.tone.rawValue
        // A run of several commands has one identifier.
        let key = "\(run.id)-\(run.firstSerial)"
        guard !run.steps.isEmpty else {
            return
                "<li class=\"run plain t-\(tone)\" data-key=\"\(key)\"><div class=\"head\">\(head)</div>\(reason)\(unsaved)</li>"
        }
        let scale = Scale(start: run.startedAt, end: end)
        return """
            <li class="run t-\(tone)" data-key="\(key)"><details\(isNewest ? " open=\"\"" : "" as HTML)><summary class="head">\(head)</summary>\
            \(reason)\(unsaved)<ol class="steps">\(run.steps.map { step($0, in: run, outcome, scale) })</ol></details></li>
            """
    }

    private func step(
        _ step: RecordedRun.Step, in run: RecordedRun, _ outcome: RecordedRun.Outcome, _ scale: Scale
    ) -> HTML {
        let isRunning = step.ending == nil && outcome == .working && step == run.steps.last
        // Of a run that was killed nobody knows how long its last step took.
        let end = step.endedAt ?? (isRunning ? readAt : nil)
        let ending: RecordedRun.Outcome =
            switch step.ending {
            case .completed, .started: .completed
            case .failed: .failed
            case .interrupted: .interrupted
            case nil: isRunning ? .working : .interrupted
            }
        let word: HTML? = ending == .completed ? nil : " <span class=\"ending\">\(ending.word)</span>"
        let attempts: HTML? =
            step.attempts.flatMap { $0 > 1 ? " <span class=\"attempts\">\($0) attempts</span>" : nil }
        return """
            <li class="t-\(ending.tone.rawValue)"><span class="step">\(step.name.text)\(word)\(attempts)</span> \
            <span class="took">\(end.map { $0.since(step.startedAt).inWords } ?? "–")</span>\
            \(scale.bar(from: step.startedAt, to: end ?? scale.end))</li>
            """
    }
}

/// The time of a run from the left to the right.
private struct Scale {
    let start: Timestamp
    let end: Timestamp

    private static let width = 1000

    func bar(from: Timestamp, to: Timestamp) -> HTML {
        let length = max(1, end.since(start) / .milliseconds(1))
        func position(_ moment: Timestamp) -> Int {
            let share = moment.since(start) / .milliseconds(1) / length
            return Int(min(max(share, 0), 1) * Double(Self.width))
        }
        // Wide enough to be seen, and inside.
        let left = min(position(from), Self.width - 6)
        let width = max(6, position(to) - left)
        return """
            <svg class="bar" viewBox="0 0 \(Self.width) 6" preserveAspectRatio="none" aria-hidden="true">\
            <rect x="\(left)" width="\(width)" height="6"/></svg>
            """
    }
}

extension RecordedRun.Outcome {
    fileprivate var word: String {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .working: "at work"
        case .unknown: "end not known"
        }
    }

    fileprivate var tone: Tone {
        switch self {
        case .completed: .done
        case .failed: .failed
        case .interrupted: .waiting
        case .working: .working
        case .unknown: .idle
        }
    }
}
