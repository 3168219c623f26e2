import EnvironmentDomain
import OperatingSystem

/// The details of one failure and their file for people: `traces/<time>-<step>-<trace id>.txt`, mode 0600.
struct FailureTrace {
    let id = TraceID.random()
    let environment: AnyEnvironmentState
    let command: CommandName
    let run: CommandRun
    let step: StepName
    let startedAt: Timestamp
    let failedAt: Timestamp
    let duration: Duration
    /// The error of each attempt, in order.
    let attempts: [any Error]
    let logPath: String
    let logTail: [String]

    /// Writes the file and returns the failure to be stored.
    func record(in workspace: Workspace) -> StepFailure {
        let error = attempts.last.map(StepError.init(describing:)) ?? StepError(kind: .other, summary: "failed")
        return StepFailure(
            failedStep: step, errorKind: error.kind.rawValue, summary: error.summary, startedAt: startedAt,
            failedAt: failedAt, duration: duration, attempts: attempts.count, traceID: id,
            traceFile: write(in: workspace),
            suggestedActions: error.suggestedActions + [.usual(for: error.kind), .reading(log: logPath)])
    }

    /// Writes the file.
    ///
    /// - Returns: The path of the file; `nil` when it could not be written, which is logged.
    private func write(in workspace: Workspace) -> AbsolutePath? {
        let name = "\(failedAt.textInFileName)-\(step)-\(id).txt"
        do {
            let folder = try Folder.making(workspace.traces)
            let file = try folder.open(name, .createNew)
            try file.write(Array(text.utf8))
            try file.synchronize()
            try folder.synchronize()
            return try AbsolutePath(folder.path(of: name))
        } catch {
            EnvironmentLog.log(.warning, "the failure's trace could not be written", ["reason": "\(error)"])
            return nil
        }
    }

    private var text: String {
        var lines = [
            "Trace \(id)",
            "",
            "environment   \(environment.name) (\(environment.context.instanceName))",
            "state         \(environment.state)",
            "command       \(command), run \(run.id)",
            "step          \(step)",
            "started       \(startedAt)",
            "failed        \(failedAt) (after \(duration.seconds) s)",
            "attempts      \(attempts.count)",
            "process       \(ThisProcess.identifier) of \(ThisProcess.userName) on \(ThisProcess.hostName)",
            "log           \(logPath)",
            "",
            "What went wrong:",
        ]
        for (index, error) in attempts.enumerated() {
            lines.append("  attempt \(index + 1): \(StepError.text(of: error))".withoutControlCharacters)
            lines += Self.causes(of: error).map { "    caused by: \(StepError.text(of: $0))".withoutControlCharacters }
        }
        lines += ["", "The last lines of the log:"] + logTail.map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns the chain of causes of an error, without the error itself.
    static func causes(of error: any Error) -> [any Error] {
        let cause =
            switch error {
            case let error as RepositoryError: error.cause
            case let error as CommandError: error.failedSave
            default: nil as (any Error)?
            }
        return cause.map { [$0] + causes(of: $0) } ?? []
    }
}
