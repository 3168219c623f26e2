public import EnvironmentDomain
import OperatingSystem

/// A command that compares what exists with what was made for an environment.
///
/// The command changes neither. It holds the environment's lease, so that no other command changes anything meanwhile.
public struct DriftCommand: Sendable {
    private let kind: ProviderKind
    private let checks: [DriftCheck]
    private let repository: any EnvironmentRepository
    private let options: CommandOptions

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider that the environment was made with.
    ///   - repository: The repository that stores the environment.
    ///   - isThorough: Whether to run the thorough checks too, for example playbooks in check mode.
    ///   - options: The options for watching and stopping programs.
    public init(
        provider: Provider, repository: any EnvironmentRepository, isThorough: Bool = false,
        options: CommandOptions = CommandOptions()
    ) {
        kind = provider.reference.kind
        self.repository = repository
        self.options = options
        checks = provider.checks.filter { isThorough || !$0.isThorough }
    }

    /// Runs the checks, one after the other.
    ///
    /// - Parameter name: The environment's name.
    /// - Returns: The report; `nil` when nothing is stored under the name.
    /// - Throws: ``CommandError``: `wrongState` when the environment is in state `Created` or `Destroyed`, was made
    ///   with another provider, or the provider has no checks; `stepFailed` when a check fails.
    public func execute(_ name: EnvironmentName) async throws(CommandError) -> DriftReport? {
        let run = CommandRun()
        return try await repository.underLease(nil, of: name, for: .validate, run: run) {
            lease throws(CommandError) -> DriftReport? in
            guard let stored = try await lease.loaded() else { return nil }
            let environment = stored.document
            try check(environment)
            let workspace = repository.workspace(for: name)
            let busy = try await repository.takeBusyLock(
                for: .validate, environment, stored: environment)
            var findings: [DriftReport.Finding] = []
            options.progress?.report(.commandStarted(.validate, steps: checks.count, completed: 0))
            for (index, look) in checks.enumerated() {
                options.progress?.report(
                    .stepStarted(.validate, look.name, position: index + 1, of: checks.count))
                let context = StepContext(
                    environment: environment, command: .validate, commandRun: run, step: look.name, attempt: 1,
                    workspace: workspace, lineage: stored.lineage,
                    files: StepFiles(look.name, position: index + 1, run: run.id, in: workspace), busy: busy,
                    options: options)
                findings += try await self.findings(of: look, context)
            }
            return DriftReport(environment: name, checks: checks.map(\.name), findings: findings)
        }
    }

    private func check(_ environment: AnyEnvironmentState) throws(CommandError) {
        let reason: String? =
            if checks.isEmpty {
                "its provider \(environment.context.provider.kind) has no check that could find a difference"
            } else if environment.context.provider.kind != kind {
                "it was made with the provider \(environment.context.provider.kind)"
            } else if environment.state == .created || environment.state == .destroyed {
                "it is \(environment.state), so there is nothing to inspect"
            } else {
                nil
            }
        guard let reason else { return }
        var error = CommandError(.wrongState, "validate of \(environment.name) was refused: \(reason).")
        error.lastDurable = environment
        error.next = environment.nextCommand
        throw error
    }

    private func findings(
        of look: DriftCheck, _ context: StepContext
    ) async throws(CommandError) -> [DriftReport.Finding] {
        let startedAt = Timestamp.now()
        let clock = ContinuousClock()
        let start = clock.now
        func report(_ outcome: StepReport.Outcome, _ summary: String?, lastLine: String? = nil) {
            options.progress?.report(
                .stepEnded(
                    StepReport(
                        command: .validate, name: look.name, outcome: outcome, duration: clock.now - start,
                        summary: summary, lastLine: lastLine, failedAttempts: [])))
        }
        let result: Result<[DriftReport.Finding], any Error>
        do {
            result = .success(try await look.findings(context))
        } catch {
            result = .failure(error)
        }
        _ = await Leftovers(busy: context.busy, options: options).end(isStopped: Task.isCancelled)
        do {
            let findings = try result.get()
            report(.completed, findings.isEmpty ? nil : "\(findings.count) difference\(findings.count == 1 ? "" : "s")")
            return findings
        } catch {
            let name = context.environment.name
            if Task.isCancelled {
                report(.interrupted, "stopped")
                throw CommandError(
                    .interrupted, "validate of \(name) was stopped in \(look.name). Nothing was changed.")
            }
            let cause = StepError(describing: error)
            report(.failed, cause.summary, lastLine: StepLogFile(context.files.logPath).lastLine)
            let tail = context.files.logTail()
            let failure = FailureTrace(
                environment: context.environment, command: .validate, run: context.commandRun, step: look.name,
                startedAt: startedAt, failedAt: .now(), duration: clock.now - start, attempts: [error],
                logPath: context.files.logPath, logTail: tail
            ).record(in: context.workspace)
            let place = failure.traceFile.map { " Trace: \($0)." } ?? ""
            var failed = CommandError(
                .stepFailed, "validate of \(name) could not finish \(look.name): \(cause.summary).\(place)")
            failed.step = look.name
            failed.failure = failure
            failed.logTail = tail
            failed.lastDurable = context.environment
            throw failed
        }
    }
}
