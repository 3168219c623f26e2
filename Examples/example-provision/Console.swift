import Commands
import EnvironmentDomain
import OperatingSystem
import Synchronization

/// Standard error: log records and progress, as text with the running step redrawn in place on a terminal, as plain
/// lines elsewhere, or as one JSON object a line.
final class Console: Sendable {
    private let isJSON: Bool
    private let isQuiet: Bool
    private let isVerbose: Bool
    private let redraws: Bool
    private let marks: (completed: String, failed: String, interrupted: String, running: String)
    private let running = Mutex<Running?>(nil)

    private struct Running {
        let text: String
        let since: ContinuousClock.Instant
    }

    init(json: Bool, quiet: Bool, verbose: Bool) {
        isJSON = json
        isQuiet = quiet
        isVerbose = verbose
        let isPlain = ThisProcess.variable("NO_COLOR")?.isEmpty == false || ThisProcess.variable("TERM") == "dumb"
        redraws = !json && !quiet && !isPlain && StandardStream.error.isTerminal
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ThisProcess.variable).first { !$0.isEmpty } ?? ""
        let isUnicode = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
        marks = isUnicode && redraws ? ("✓", "✗", "‖", "…") : ("done   ", "FAILED ", "stopped", "start  ")
    }

    /// Shows a log record when it matters enough.
    func log(_ record: LogRecord) {
        let level: LogLevel = isQuiet ? .warning : isVerbose ? .debug : .info
        guard record.level >= level else { return }
        write([isJSON ? record.json : record.text])
    }

    /// Shows lines for people.
    func say(_ lines: [String]) {
        write(isJSON ? lines.map { LogRecord(level: .info, message: $0).json } : lines)
    }

    /// Shows the program's last word on an error.
    func fail(_ message: String, kind: String) {
        write(
            isJSON
                ? [LogRecord(level: .error, message: message, fields: ["kind": kind]).json]
                : ["error: \(message.withoutControlCharacters)"])
    }

    /// Shows all events until the sequence ends.
    func show(_ events: AsyncStream<ProgressEvent>) async {
        await withTaskGroup(of: Void.self) { group in
            if redraws {
                group.addTask {
                    while !Task.isCancelled {
                        self.redraw()
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
            for await event in events { show(event) }
            group.cancelAll()
        }
    }

    private func show(_ event: ProgressEvent) {
        switch event {
        case .commandStarted(let command, let steps, let completed):
            guard completed > 0 else { return }
            progress("\(command): \(completed) of \(steps) steps are done already", ["command": command.rawValue])
        case .stepStarted(let command, let step, let position, let count):
            let text = "\(command) \(position)/\(count) \(step)"
            if redraws {
                running.withLock { $0 = Running(text: text, since: .now) }
                redraw()
            } else {
                progress(
                    "\(marks.running) \(text)",
                    ["message": "step started", "command": command.rawValue, "step": step.text])
            }
        case .detail(let line):
            if isVerbose { progress("     | \(line)", ["message": line]) }
        case .attemptFailed(let step, let attempt, let summary, let pause):
            progress(
                "     \(step): attempt \(attempt) \(summary); again in \(pause.text)",
                [
                    "message": "attempt failed", "step": step.text, "attempt": "\(attempt)", "reason": summary,
                    "pause_seconds": "\(pause.seconds)",
                ])
        case .stepEnded(let report):
            clearRunning()
            let mark =
                switch report.outcome {
                case .completed: marks.completed
                case .failed: marks.failed
                case .interrupted: marks.interrupted
                }
            let reason = report.summary.map { ": \($0)" } ?? ""
            progress(
                "\(mark) \(report.command) \(report.name) (\(report.duration.text))\(reason)",
                [
                    "message": "step \(report.outcome.rawValue)", "command": report.command.rawValue,
                    "step": report.name.text, "duration_seconds": "\(report.duration.seconds)",
                ])
        case .stateChanged:
            // The transition log says so already.
            return
        }
    }

    private func progress(_ text: String, _ fields: KeyValuePairs<String, String>) {
        guard !isQuiet else { return }
        guard isJSON else {
            write([text])
            return
        }
        let message = fields.first { $0.key == "message" }?.value ?? text
        let record = LogRecord(
            level: .info, message: message, pairs: fields.filter { $0.key != "message" }.map { ($0.key, $0.value) })
        write([record.json])
    }

    private func write(_ lines: [String]) {
        running.withLock { running in
            let clear = running == nil ? "" : Self.clearLine
            StandardStream.error.write(clear + lines.map { $0 + "\n" }.joined())
        }
    }

    private static let clearLine = "\r\u{1B}[K"

    private func clearRunning() {
        running.withLock { running in
            if running != nil { StandardStream.error.write(Self.clearLine) }
            running = nil
        }
    }

    private func redraw() {
        running.withLock { running in
            guard redraws, let running else { return }
            let text = "\(marks.running) \(running.text) (\((ContinuousClock.now - running.since).text))"
            StandardStream.error.write(Self.clearLine + text.prefix((StandardStream.error.columns ?? 80) - 1))
        }
    }
}
