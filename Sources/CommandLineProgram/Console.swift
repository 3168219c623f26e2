import Commands
public import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The log records and the progress of a program on standard error, in the order in which they happen.
///
/// They are text with the running step redrawn in place on a terminal, plain lines elsewhere, or one JSON object on
/// each line. Everything is written at once, except the output of steps: it waits for its writer or for the next other
/// line, so that output without end holds up no step.
public final class Console: Sendable {
    private let isJSON: Bool
    private let level: LogLevel
    private let showsProgress: Bool
    let isVerbose: Bool
    /// Whether somebody looks at it while it is written.
    private let isTerminal: Bool
    private let redraws: Bool
    private let marks: (completed: String, failed: String, interrupted: String, running: String, state: String)
    private let arrow: String
    private let running = Mutex<Running?>(nil)
    /// What steps printed and is not written yet, and how it is announced to the writer.
    private let details = Mutex<[String]>([])
    private let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    private struct Running {
        let text: String
        let since: ContinuousClock.Instant
        var detail = ""
    }

    /// The environment that the progress of this task is about, for a command about several environments.
    @TaskLocal private static var subject: String?

    /// Runs `work` with the name of its environment in every line of progress.
    public static func about<Result>(_ name: String, _ work: () async throws -> Result) async rethrows -> Result {
        try await $subject.withValue(name, operation: work)
    }

    /// Returns whether a command line asks for log records as JSON, even if the rest of it is invalid.
    public static func logsJSON(_ words: [String]) -> Bool {
        words.contains("--log-format=json") || zip(words, words.dropFirst()).contains { $0 == ("--log-format", "json") }
    }

    /// Creates a console.
    ///
    /// - Parameters:
    ///   - json: Whether to write one JSON object on each line instead of text.
    ///   - quiet: Whether to write only warnings and errors, and progress only on a terminal.
    ///   - verbose: Whether to write also the output of steps and debug messages.
    ///   - plain: Whether to redraw nothing, even on a terminal that supports it.
    public init(json: Bool, quiet: Bool = false, verbose: Bool = false, plain: Bool = false) {
        isJSON = json
        isVerbose = verbose
        level = quiet ? .warning : verbose ? .debug : .info
        let isTerminal = !json && StandardStream.error.isTerminal
        self.isTerminal = isTerminal
        showsProgress = !quiet || isTerminal
        let redraws = isTerminal && !plain && StandardStream.error.takesEscapeCodes
        self.redraws = redraws
        let isUnicode = StandardStream.isUnicode && redraws
        let words =
            isUnicode ? ("✓", "✗", "‖", "…", " ") : ("done   ", "FAILED ", "stopped", "start  ", "state  ")
        arrow = isUnicode ? "→" : "->"
        func painted(_ color: Int, _ text: String) -> String { redraws ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text }
        marks = (painted(32, words.0), painted(31, words.1), painted(33, words.2), words.3, words.4)
    }

    /// Writes a log record if its level is high enough; on a terminal a transition is part of the progress.
    public func log(_ record: LogRecord) {
        if isTerminal, let (from, to) = record.transition {
            let way = [from, to].compactMap(\.self).map(\.rawValue).joined(separator: " \(arrow) ")
            write(["\(Self.start)\(marks.state) \(way)"])
            return
        }
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

    /// Redraws the running step and writes what steps print, until the task is cancelled.
    func refresh() async {
        await withTaskGroup(of: Void.self) { group in
            if redraws {
                group.addTask {
                    while !Task.isCancelled {
                        self.redraw()
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
            for await _ in arrivals { write([]) }
            group.cancelAll()
        }
        write([])
    }

    /// Shows an event.
    func show(_ event: ProgressEvent) {
        switch event {
        case .commandStarted(let command, let steps, let completed):
            guard completed > 0 else { return }
            progress("\(command): \(completed) of \(steps) steps are done already", ["command": command.rawValue])
        case .stepStarted(let command, let step, let position, let count):
            let text = "\(Self.start)\(command) \(position)/\(count) \(step)"
            if redraws {
                running.withLock { $0 = Running(text: text, since: .now) }
                redraw()
            } else {
                progress(
                    "\(marks.running) \(command) \(position)/\(count) \(step)",
                    ["message": "step started", "command": command.rawValue, "step": step.text])
            }
        case .detail(let line):
            if isVerbose {
                add(detail: isJSON ? LogRecord(level: .info, message: line).json : "\(Self.start)     | \(line)")
            }
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
            let last = report.lastLine.flatMap { report.summary?.contains($0) == true ? nil : $0 }
            let reason = [report.summary, last].compactMap(\.self).map { ": \($0)" }.joined()
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
        guard showsProgress else { return }
        guard isJSON else {
            write([Self.start + text])
            return
        }
        let message = fields.first { $0.key == "message" }?.value ?? text
        let record = LogRecord(
            level: .info, message: message,
            pairs: (Self.subject.map { [("environment_name", $0)] } ?? [])
                + fields.filter { $0.key != "message" }.map { ($0.key, $0.value) })
        write([record.json])
    }

    /// The beginning of a line about one environment of several.
    private static var start: String { subject.map { "\($0): " } ?? "" }

    /// So many lines of steps may wait; the older half of more goes.
    private static let detailLimit = 10_000

    private func add(detail line: String) {
        details.withLock { details in
            if details.count >= Self.detailLimit { details.removeFirst(Self.detailLimit / 2) }
            details.append(line)
        }
        arrival.yield()
    }

    /// Writes what steps printed until now, and then the lines.
    private func write(_ lines: [String]) {
        running.withLock { running in
            let printed = details.withLock { details in
                defer { details = [] }
                return details
            }
            guard !printed.isEmpty || !lines.isEmpty else { return }
            let clear = running == nil ? "" : Self.clearLine
            StandardStream.error.write(clear + (printed + lines).map { $0 + "\n" }.joined())
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
