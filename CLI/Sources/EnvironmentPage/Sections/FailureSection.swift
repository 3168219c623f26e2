import CommandLineProgram
import EnvironmentDomain

/// What failed or stopped: the reason, the last lines of the step's log, the trace, and what to do.
struct FailureSection {
    let environment: ReportedEnvironment

    func markup(_ limits: Limits) -> HTML? {
        guard environment.document?.failure != nil || environment.log != nil else { return nil }
        return """
            <section class="failure">\(environment.document?.failure.map(circumstances))\(advice)\
            \(environment.log.map(log))\(environment.trace.map { trace($0, limits) })</section>
            """
    }

    /// When and how it failed; the reason itself is in the row.
    private func circumstances(_ failure: StepFailure) -> HTML {
        let duration = Duration.milliseconds(failure.durationMilliseconds).inWords
        let attempts = failure.attempts == 1 ? "1 attempt" : "\(failure.attempts) attempts"
        return """
            <p class="aside">failed \(failure.failedAt) after \(duration), \(attempts), \
            <code>\(failure.errorKind.onOneLine(limit: 100))</code></p>
            """
    }

    /// What to do, one line each, with what is in back quotes as code.
    private var advice: HTML? {
        guard !environment.advice.isEmpty else { return nil }
        let lines = environment.advice.map { line -> HTML in
            let pieces = line.onOneLine(limit: 1000).split(separator: "`", omittingEmptySubsequences: false)
            let markup = pieces.enumerated().map { index, piece -> HTML in
                index.isMultiple(of: 2) ? "\(String(piece))" : "<code>\(String(piece))</code>"
            }
            return "<li>\(markup)</li>"
        }
        return "<ul class=\"advice\">\(lines)</ul>"
    }

    private func log(_ log: Excerpt) -> HTML {
        let name = (log.path.split(separator: "/").last ?? "").description
        return """
            <h4>The last lines of \(HTML.isolated(name))</h4>\(lines(log, limit: EnvironmentPage.logLines))
            """
    }

    private func trace(_ trace: Excerpt, _ limits: Limits) -> HTML {
        """
        <details class="fold"><summary>Trace</summary><p class="aside path">\(HTML.isolated(trace.path))</p>\
        \(lines(trace, limit: limits.traceLines))</details>
        """
    }

    private func lines(_ excerpt: Excerpt, limit: Int) -> HTML {
        guard let lines = excerpt.lines else {
            return "<p class=\"aside\">\(HTML.isolated(excerpt.path)) is not on this machine.</p>"
        }
        guard !lines.isEmpty else { return "<p class=\"aside\">It is empty.</p>" }
        let more: HTML? =
            lines.count > limit ? "<p class=\"aside\">and \(lines.count - limit) more lines in the file</p>" : nil
        return "<pre tabindex=\"0\">\(HTML.lines(Array(lines.prefix(limit))))</pre>\(more)"
    }
}
