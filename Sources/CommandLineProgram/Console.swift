import Commands
public import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The log records and the progress of a program on standard error.
///
/// They are text with the running step redrawn in place on a terminal, plain lines elsewhere, or one JSON object on
/// each line.
public final class Console: Sendable {
    private let isJSON: Bool
    private let isQuiet: Bool
    let isVerbose: Bool
    private let redraws: Bool
    private let marks: (completed: String, failed: String, interrupted: String, running: String)
    private let running = Mutex<Running?>(nil)

    private struct Running {
        let text: String
        let since: ContinuousClock.Instant
        var detail = ""
    }

    /// Returns whether a command line asks for log records as JSON, even if the rest of it is invalid.
    public static func logsJSON(_ words: [String]) -> Bool {
        words.contains("--log-format=json") || zip(words, words.dropFirst()).contains { $0 == ("--log-format", "json") }
    }

    /// Creates a console.
    ///
    /// - Parameters:
    ///   - json: Whether to write one JSON object on each line instead of text.
    ///   - quiet: Whether to write only warnings and errors.
    ///   - verbose: Whether to write also the output of steps and debug messages.
    ///   - plain: Whether to redraw nothing, even on a terminal that supports it.
    public init(json: Bool, quiet: Bool = false, verbose: Bool = false, plain: Bool = false) {
        isJSON = json
        isQuiet = quiet
        isVerbose = verbose
        let redraws = !json && !quiet && !plain && StandardStream.error.takesEscapeCodes
        self.redraws = redraws
        let words =
            StandardStream.isUnicode && redraws ? ("✓", "✗", "‖", "…") : ("done   ", "FAILED ", "stopped", "start  ")
        func painted(_ color: Int, _ text: String) -> String { redraws ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text }
        marks = (painted(32, words.0), painted(31, words.1), painted(33, words.2), words.3)
    }

    /// Writes a log record if its level is high enough.
    public func log(_ record: LogRecord) {
        let level: LogLevel = isQuiet ? .warning : isVerbose ? .debug : .info
        guard record.level >= level else { return }
        write([isJSON ? record.json : record.text])
    }

    /// Writes lines for people.
    public func say(_ lines: [String]) {
        write(isJSON ? lines.map { LogRecord(level: .info, message: $0).json } : lines)
    }

    /// Writes the final error message as one line, which is wrapped to the width of a terminal.
    func fail(_ message: String, next: String?, kind: String) {
        let way = next.map { "Next: \($0)" }
        let line = [message, way].compactMap(\.self).joined(separator: " ")
        guard !isJSON else {
            write([LogRecord(level: .error, message: line, fields: ["kind": kind]).json])
            return
        }
        let text = "error: \(line.withoutControlCharacters)"
        guard let width = StandardStream.error.columns, text.columns > width else {
            write([text])
            return
        }
        // The command is not wrapped, so that it can be copied.
        write("error: \(message.withoutControlCharacters)".wrapped(at: width) + [way].compactMap(\.self))
    }

    /// Shows the events until the sequence ends.
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
        case .advanced(let step, let done, let total, let text):
            if redraws {
                running.withLock { $0?.detail = "\(done) of \(total)  \(text)" }
            } else {
                progress(
                    "     \(done) of \(total)  \(text)",
                    ["message": text, "step": step.text, "done": "\(done)", "total": "\(total)"])
            }
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
            // The log record of the transition says so already.
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
            let detail = running.detail.isEmpty ? "" : "  \(running.detail)"
            let text = "\(marks.running) \(running.text) (\((ContinuousClock.now - running.since).text))\(detail)"
            // A terminal that does not report its width is assumed to have 80 columns. The last column stays free,
            // because some terminals wrap the line when it is written.
            let width = StandardStream.error.columns ?? 80
            StandardStream.error.write(Self.clearLine + text.prefix(columns: max(0, width - 1)))
        }
    }
}
