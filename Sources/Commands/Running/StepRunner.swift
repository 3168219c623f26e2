import EnvironmentDomain
import OperatingSystem

/// Runs the steps of a command that are not done yet, one after the other, each announced before and recorded after.
struct StepRunner<State: EnvironmentState> {
    let workflow: Workflow
    let workspace: Workspace
    let options: CommandOptions
    let journal: Journal
    let busy: FileLock
    /// Where the snapshot keeps how far the steps have come.
    let progress: WritableKeyPath<EnvironmentSnapshot<State>, StepProgress>
    /// Is asked when the last step has ended well, and throws when something that it should have made is missing.
    let verify: (EnvironmentSnapshot<State>) throws(StepError) -> Void
    /// Whether the progress says so when the last step is done.
    var finishes = false
    /// Puts a failure where it belongs when the state does not change with it.
    var keepFailure: (inout EnvironmentSnapshot<State>, StepFailure) -> Void = { _, _ in }

    /// Runs the steps.
    ///
    /// - Returns: nil when all are done; otherwise the failure, which is recorded as the step's, not yet as a state.
    /// - Throws: ``CommandError`` with `interrupted` or `saveFailed`.
    func run(_ snapshot: inout EnvironmentSnapshot<State>) async throws(CommandError) -> FailedStep? {
        let completed = snapshot[keyPath: progress].completed.count
        options.progress?.report(
            .commandStarted(journal.command, steps: workflow.steps.count, completed: completed))
        for (index, step) in workflow.steps.enumerated().dropFirst(completed) {
            if Task.isCancelled { throw await interrupted(&snapshot, in: step, startedAt: nil) }
            let before = journal.steps.count
            let failed = try await options.instrumented(
                step.name, of: journal.command, position: index + 1, report: { journal.steps.dropFirst(before).last }
            ) { () throws(CommandError) in try await run(step, position: index + 1, &snapshot) }
            if let failed { return failed }
        }
        return nil
    }

    private func run(
        _ step: any Step, position: Int, _ snapshot: inout EnvironmentSnapshot<State>
    ) async throws(CommandError) -> FailedStep? {
        let startedAt = Timestamp.now()
        let clock = ContinuousClock()
        let start = clock.now
        await journal.note(step: step.name)
        snapshot[keyPath: progress].start(step.name, at: startedAt)
        try await journal.announce(snapshot.erased, .step(step.name, .started))
        options.progress?.report(
            .stepStarted(journal.command, step.name, position: position, of: workflow.steps.count))

        var errors: [any Error] = []
        var failedAttempts: [FailedAttempt] = []
        var files = StepFiles(step.name, position: position, run: journal.run.id, in: workspace)
        attempts: while true {
            files = StepFiles(
                step.name, position: position, attempt: errors.count + 1, run: journal.run.id, in: workspace)
            let context = StepContext(
                environment: snapshot.erased, command: journal.command, run: journal.run, step: step.name,
                attempt: errors.count + 1, workspace: workspace, lineage: journal.lineage, files: files, busy: busy,
                options: options)
            do {
                let isLast = position == workflow.steps.count
                try await attempt(step, context)
                try takeOutputs(files, isFinished: true, into: &snapshot)
                if isLast { try verify(snapshot) }
                break attempts
            } catch {
                takeOutputsOfFailure(files, into: &snapshot)
                if error is LeaseLost { throw await leaseLost(&snapshot, in: step) }
                if Task.isCancelled {
                    journal.report(report(step, .interrupted, since: start, clock, "stopped", failedAttempts))
                    throw await interrupted(&snapshot, in: step, startedAt: startedAt)
                }
                errors.append(error)
                failedAttempts.append(FailedAttempt(failedAt: .now(), summary(of: error)))
                guard errors.count <= step.retry.retries else {
                    journal.report(
                        report(step, .failed, since: start, clock, summary(of: error).summary, failedAttempts))
                    return await fail(step, errors, files, startedAt: startedAt, &snapshot)
                }
                let pause = step.retry.pause(after: errors.count)
                options.progress?.report(
                    .attemptFailed(
                        step.name, attempt: errors.count, summary: summary(of: error).summary, pause: pause))
                // Cancelling ends the pause, and the next attempt ends at once.
                if await loses(lease: journal.lease, within: pause) {
                    throw await leaseLost(&snapshot, in: step)
                }
            }
        }

        snapshot[keyPath: progress].complete(step.name, startedAt: startedAt, at: .now(), attempts: errors.count + 1)
        if finishes && position == workflow.steps.count { snapshot[keyPath: progress].finish(at: .now()) }
        journal.report(report(step, .completed, since: start, clock, nil, failedAttempts))
        await journal.record(snapshot.erased, .step(step.name, .completed))
        await journal.note(step: nil)
        return nil
    }

    /// Runs the step once.
    ///
    /// A step that ends well in spite of a stop or its timeout has ended well.
    private func attempt(_ step: any Step, _ context: StepContext) async throws {
        try Task.checkCancellation()
        let timeout = step.timeout
        let lease = journal.lease
        let race = await withTaskGroup(of: Race.self) { group -> Race in
            group.addTask {
                do {
                    try await step.run(context)
                    return .ended(.success(()))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask {
                do {
                    try await Task.sleep(for: timeout)
                    return .timedOut
                } catch {
                    return .stopped
                }
            }
            group.addTask {
                await lease.waitUntilLost()
                return Task.isCancelled ? .stopped : .leaseLost
            }
            var hasTimedOut = false
            var isLeaseLost = false
            for await outcome in group {
                switch outcome {
                case .timedOut: hasTimedOut = true
                case .leaseLost: isLeaseLost = true
                case .stopped: continue
                case .ended where isLeaseLost:
                    group.cancelAll()
                    return .leaseLost
                case .ended(.failure) where hasTimedOut:
                    group.cancelAll()
                    return .timedOut
                case .ended:
                    group.cancelAll()
                    return outcome
                }
                group.cancelAll()
            }
            return .stopped
        }
        switch race {
        case .ended(let result): try result.get()
        case .timedOut:
            throw StepError(kind: "timeout", summary: "did not end within \(timeout.seconds) s and was stopped")
        case .stopped: throw CancellationError()
        case .leaseLost: throw LeaseLost()
        }
    }

    /// Lets the time pass, unless the lease is lost.
    private func loses(lease: any EnvironmentLease, within pause: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await Task.sleep(for: pause)
                return false
            }
            group.addTask {
                await lease.waitUntilLost()
                return !Task.isCancelled
            }
            let isLost = await group.next() ?? false
            group.cancelAll()
            return isLost
        }
    }

    /// The end of a command whose environment another may work on by now: its step was stopped, and what is known goes
    /// into the emergency record that the failed save leaves.
    private func leaseLost(_ snapshot: inout EnvironmentSnapshot<State>, in step: any Step) async -> CommandError {
        await journal.record(snapshot.erased, .step(step.name, .interrupted))
        let cause =
            journal.failedSave
            ?? RepositoryError(
                .lockLost,
                "The right to change \(snapshot.context.name) was lost in step \(step.name), which was stopped.")
        return journal.saveFailed(cause)
    }

    private func takeOutputs(
        _ files: StepFiles, isFinished: Bool, into snapshot: inout EnvironmentSnapshot<State>
    ) throws(StepError) {
        let outputs: Outputs
        do {
            outputs = try Outputs(path: files.outputsPath, isFinished: isFinished)
        } catch {
            throw StepError(kind: "invalid_output", summary: "what the step handed on cannot be read: \(error)")
        }
        let merged = snapshot.context.outputs.merging(outputs.values) { $1 }
        guard merged.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= Outputs.totalLimit else {
            throw StepError(
                kind: "invalid_output", summary: "all outputs together have more than \(Outputs.totalLimit) bytes")
        }
        snapshot.context.outputs = merged
        if let complaint = outputs.complaint { throw StepError(kind: "invalid_output", summary: complaint) }
    }

    private func takeOutputsOfFailure(_ files: StepFiles, into snapshot: inout EnvironmentSnapshot<State>) {
        do {
            try takeOutputs(files, isFinished: false, into: &snapshot)
        } catch {
            EnvironmentLog.log(
                .warning, "not everything that a failed step handed on could be used", ["reason": error.summary])
        }
    }

    private func fail(
        _ step: any Step, _ errors: [any Error], _ files: StepFiles, startedAt: Timestamp,
        _ snapshot: inout EnvironmentSnapshot<State>
    ) async -> FailedStep {
        let tail = files.logTail()
        let trace = FailureTrace(
            environment: snapshot.erased, command: journal.command, run: journal.run, step: step.name,
            startedAt: startedAt, failedAt: .now(), attempts: errors, logPath: files.logPath, logTail: tail)
        let error = errors.last.map(summary) ?? StepError(kind: "error", summary: "failed")
        let failure = StepFailure(
            failedStep: step.name, errorKind: error.kind, summary: error.summary, startedAt: startedAt,
            failedAt: trace.failedAt, attempts: errors.count, traceID: trace.id, traceFile: trace.write(in: workspace))
        keepFailure(&snapshot, failure)
        await journal.record(snapshot.erased, .step(step.name, .failed))
        await journal.note(step: nil)
        return FailedStep(failure: failure, logTail: tail)
    }

    private func interrupted(
        _ snapshot: inout EnvironmentSnapshot<State>, in step: any Step, startedAt: Timestamp?
    ) async -> CommandError {
        await journal.record(snapshot.erased, .step(step.name, .interrupted))
        let position = startedAt == nil ? "before step \(step.name)" : "in step \(step.name)"
        let needsWord = startedAt != nil && !step.isRepeatable
        let way =
            needsWord
            ? "The step is not repeatable: find out what it did, and confirm that it is to be run again."
            : "It can be resumed from there."
        var error = CommandError(
            .interrupted,
            "\(journal.command) of \(snapshot.context.name) was stopped \(position). \(way)\(journal.recordAdvice)")
        error.step = step.name
        error.rerun = needsWord ? step.name : nil
        return journal.complete(error)
    }

    private func report(
        _ step: any Step, _ outcome: StepReport.Outcome, since start: ContinuousClock.Instant, _ clock: ContinuousClock,
        _ summary: String?, _ failedAttempts: [FailedAttempt]
    ) -> StepReport {
        StepReport(
            command: journal.command, name: step.name, outcome: outcome, duration: clock.now - start, summary: summary,
            failedAttempts: failedAttempts)
    }

    private func summary(of error: any Error) -> StepError {
        if let error = error as? StepError {
            return StepError(kind: error.kind, summary: error.summary.withoutControlCharacters)
        }
        return StepError(kind: "error", summary: "\(error)".withoutControlCharacters)
    }
}

/// How an attempt came to its end.
private enum Race: Sendable {
    case ended(Result<Void, any Error>)
    case timedOut, stopped, leaseLost
}

/// The lease was lost while a step ran, which was stopped for it.
private struct LeaseLost: Error {}

extension FailedAttempt {
    fileprivate init(failedAt: Timestamp, _ error: StepError) {
        self.init(failedAt: failedAt, kind: error.kind, summary: error.summary)
    }
}

/// A failure and the last lines that the step printed.
struct FailedStep {
    let failure: StepFailure
    let logTail: [String]
}
