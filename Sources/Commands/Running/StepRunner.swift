import EnvironmentDomain
import OperatingSystem

/// A runner that runs the remaining steps of a command in order and records each one before and after it.
struct StepRunner<State: EnvironmentState> {
    let workflow: Workflow
    let workspace: Workspace
    let options: CommandOptions
    let journal: Journal
    let busy: FileLock
    /// The key path of the progress in the snapshot.
    let progress: WritableKeyPath<EnvironmentSnapshot<State>, StepProgress>
    /// Checks, after the last step, that the steps have set the required outputs.
    let verify: (EnvironmentSnapshot<State>) throws(StepError) -> Void
    /// Marks the phase as complete in the save of its last step; `nil` when the next state marks it.
    var finish: ((inout EnvironmentSnapshot<State>) async -> Void)?
    /// Stores a failure in the snapshot when the failure does not change the state.
    var keepFailure: (inout EnvironmentSnapshot<State>, StepFailure) -> Void = { _, _ in }

    /// Runs the steps.
    ///
    /// - Returns: `nil` when all steps are complete; otherwise the failure, which is recorded for the step but not yet
    ///   as a state.
    /// - Throws: ``CommandError`` with `interrupted`, `saveFailed`, or `busy` when a process of an attempt could not be
    ///   ended.
    func run(_ snapshot: inout EnvironmentSnapshot<State>) async throws(CommandError) -> FailedStep? {
        let completed = snapshot[keyPath: progress].completed.count
        options.progress?.report(
            .commandStarted(journal.command, steps: workflow.steps.count, completed: completed))
        var left: [StepProcess] = []
        for (index, step) in workflow.steps.enumerated().dropFirst(completed) {
            if Task.isCancelled { throw await interrupted(&snapshot, in: step, startedAt: nil) }
            let before = journal.steps.count
            let failed = try await options.instrumented(
                step.name, of: journal.command, position: index + 1, report: { journal.steps.dropFirst(before).last }
            ) { () throws(CommandError) in try await run(step, position: index + 1, &snapshot, &left) }
            if let failed { return failed }
        }
        return nil
    }

    private func run(
        _ step: Step, position: Int, _ snapshot: inout EnvironmentSnapshot<State>, _ left: inout [StepProcess]
    ) async throws(CommandError) -> FailedStep? {
        if !left.isEmpty { throw await besides(left, &snapshot, in: step) }
        let startedAt = Timestamp.now()
        let clock = ContinuousClock()
        let start = clock.now
        await journal.note(step: step.name)
        snapshot[keyPath: progress].start(step.name, at: startedAt)
        try await journal.recordIntent(snapshot.erased, .step(step.name, .started))
        options.progress?.report(
            .stepStarted(journal.command, step.name, position: position, of: workflow.steps.count))

        var errors: [any Error] = []
        // Whether the step itself succeeded but a required output is missing, which an earlier step may have to set.
        var lacksOutput = false
        var failedAttempts: [FailedAttempt] = []
        attempts: while true {
            let files = StepFiles(
                step.name, position: position, attempt: errors.count + 1, run: journal.run.id, in: workspace)
            let context = StepContext(
                environment: snapshot.erased, command: journal.command, commandRun: journal.run, step: step.name,
                attempt: errors.count + 1, workspace: workspace, lineage: journal.lineage, files: files, busy: busy,
                options: options)
            var isTaken = false
            lacksOutput = false
            do {
                let isLast = position == workflow.steps.count
                left = []
                let result = await attempt(step, context)
                left = await clearAway(after: result, files)
                try result.get()
                isTaken = true
                try takeOutputs(context, isFinished: true, into: &snapshot)
                if isLast {
                    lacksOutput = true
                    try verify(snapshot)
                }
                break attempts
            } catch {
                if !isTaken { takeOutputsOfFailure(context, into: &snapshot) }
                if error is LeaseLost { throw await leaseLost(&snapshot, in: step) }
                if Task.isCancelled {
                    journal.report(report(step, .interrupted, since: start, clock, "stopped", failedAttempts))
                    throw await interrupted(&snapshot, in: step, startedAt: startedAt, left: left)
                }
                let cause = StepError(describing: error)
                errors.append(error)
                failedAttempts.append(FailedAttempt(failedAt: .now(), cause))
                guard errors.count <= step.retry.retries, cause.isRetryable else {
                    journal.report(
                        report(
                            step, .failed, since: start, clock, cause.summary, failedAttempts,
                            lastLine: StepLogFile(files.logPath).lastLine))
                    var failed = await fail(
                        step, errors, files, startedAt: startedAt, duration: clock.now - start, &snapshot)
                    failed.lacksOutput = lacksOutput
                    return failed
                }
                let pause = step.retry.pause(after: errors.count, random: options.random)
                options.progress?.report(
                    .attemptFailed(step.name, attempt: errors.count, summary: cause.summary, pause: pause))
                if !left.isEmpty { throw await besides(left, &snapshot, in: step) }
                // Cancelling ends the pause, and the next attempt then ends at once.
                if await loses(lease: journal.lease, within: pause) {
                    throw await leaseLost(&snapshot, in: step)
                }
            }
        }

        snapshot[keyPath: progress].complete(
            step.name, startedAt: startedAt, at: .now(), attempts: errors.count + 1, digest: step.digest)
        if position == workflow.steps.count { await finish?(&snapshot) }
        journal.report(report(step, .completed, since: start, clock, nil, failedAttempts))
        await journal.record(snapshot.erased, .step(step.name, .completed))
        await journal.note(step: nil)
        return nil
    }

    /// Runs one attempt of the step.
    ///
    /// A step that returns without an error has succeeded, even after its timeout or a request to stop, unless the
    /// lease was lost.
    private func attempt(_ step: Step, _ context: StepContext) async -> Result<Void, any Error> {
        if Task.isCancelled { return .failure(CancellationError()) }
        let timeout = step.timeout
        let clock = options.clock
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
                    try await clock.sleep(for: timeout)
                    return .timedOut
                } catch {
                    return .stopped
                }
            }
            group.addTask {
                await lease.waitUntilLost()
                return Task.isCancelled ? .stopped : .leaseLost
            }
            group.addTask { await context.standstill.process().map(Race.stoodStill) ?? .stopped }
            var ended: StepError?
            var isLeaseLost = false
            for await outcome in group {
                switch outcome {
                case .timedOut:
                    ended =
                        ended
                        ?? StepError(
                            kind: .timeout, summary: "did not end within \(timeout.seconds) s and was stopped")
                case .stoodStill(let process): ended = ended ?? StepError(process)
                case .leaseLost: isLeaseLost = true
                case .stopped: continue
                case .ended where isLeaseLost:
                    group.cancelAll()
                    return .leaseLost
                case .ended(.failure):
                    group.cancelAll()
                    return ended.map { .ended(.failure($0)) } ?? outcome
                case .ended:
                    group.cancelAll()
                    return outcome
                }
                group.cancelAll()
            }
            return .stopped
        }
        switch race {
        case .ended(let result): return result
        case .timedOut, .stoodStill, .stopped: return .failure(CancellationError())
        case .leaseLost: return .failure(LeaseLost())
        }
    }

    /// Ends the processes that an attempt left running, and shortens its log.
    ///
    /// - Returns: The processes that could not be ended.
    private func clearAway(after result: Result<Void, any Error>, _ files: StepFiles) async -> [StepProcess] {
        let isStopped =
            switch result {
            case .success: false
            case .failure(let error as StepError): [.timeout, .processStopped].contains(error.kind)
            case .failure(let error): error is CancellationError || error is LeaseLost
            }
        let left = await Leftovers(busy: busy, options: options).end(isStopped: isStopped || Task.isCancelled)
        if left.isEmpty { files.log.shorten() }
        return left
    }

    /// Records the interruption and returns the error of a command that stops because a process of an earlier attempt
    /// could not be ended.
    private func besides(
        _ left: [StepProcess], _ snapshot: inout EnvironmentSnapshot<State>, in step: Step
    ) async -> CommandError {
        await journal.record(snapshot.erased, .step(step.name, .interrupted))
        var error = CommandError(
            .busy,
            "\(journal.command) of \(snapshot.context.name) was stopped before an attempt of step \(step.name): what an "
                + "earlier one started cannot be ended and still works: \(BusyLock.describe(left)). End it with the rights "
                + "of its user (kill -KILL \(left.map { "\($0.pid)" }.joined(separator: " "))).\(journal.recordAdvice)")
        error.step = step.name
        return journal.complete(error)
    }

    /// Waits for a pause, and returns whether the lease was lost meanwhile.
    private func loses(lease: any EnvironmentLease, within pause: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [clock = options.clock] in
                try? await clock.sleep(for: pause)
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

    /// Records the interruption and returns the error of a command whose lease was lost.
    ///
    /// Another command may have acquired the lease by now. The save fails then, and leaves the state in an emergency
    /// record.
    private func leaseLost(_ snapshot: inout EnvironmentSnapshot<State>, in step: Step) async -> CommandError {
        await journal.record(snapshot.erased, .step(step.name, .interrupted))
        let cause =
            journal.failedSave
            ?? RepositoryError(
                .lockLost,
                "The right to change \(snapshot.context.name) was lost in step \(step.name), which was stopped.")
        return journal.saveFailed(cause)
    }

    /// Adds the valid outputs of the step to the snapshot.
    ///
    /// - Throws: ``StepError`` when an output is invalid; the step's log has the first 1000 reasons.
    private func takeOutputs(
        _ context: StepContext, isFinished: Bool, into snapshot: inout EnvironmentSnapshot<State>
    ) throws(StepError) {
        let outputs = try context.files.outputs.read(isFinished: isFinished)
        let complaints = outputs.complaints + outputs.merge(into: &snapshot.context.outputs)
        guard !complaints.isEmpty else { return }
        for complaint in complaints.prefix(Self.shownComplaints) { context.log(complaint) }
        if complaints.count > Self.shownComplaints {
            context.log("and \(complaints.count - Self.shownComplaints) more of $OUTPUTS")
        }
        let others = complaints.count > 3 ? ["and \(complaints.count - 3) more, which are in the step's log"] : []
        throw StepError(
            kind: .invalidOutput, summary: (complaints.prefix(3) + others).joined(separator: "; "))
    }

    private static var shownComplaints: Int { 1000 }

    private func takeOutputsOfFailure(_ context: StepContext, into snapshot: inout EnvironmentSnapshot<State>) {
        do {
            try takeOutputs(context, isFinished: false, into: &snapshot)
        } catch {
            EnvironmentLog.log(
                .warning, "not every output that a failed step set could be used", ["reason": error.summary])
        }
    }

    private func fail(
        _ step: Step, _ errors: [any Error], _ files: StepFiles, startedAt: Timestamp, duration: Duration,
        _ snapshot: inout EnvironmentSnapshot<State>
    ) async -> FailedStep {
        let tail = files.logTail()
        let trace = FailureTrace(
            environment: snapshot.erased, command: journal.command, run: journal.run, step: step.name,
            startedAt: startedAt, failedAt: .now(), duration: duration, attempts: errors, logPath: files.logPath,
            logTail: tail)
        let failure = trace.record(in: workspace)
        keepFailure(&snapshot, failure)
        await journal.record(snapshot.erased, .step(step.name, .failed))
        await journal.note(step: nil)
        return FailedStep(failure: failure, logTail: tail)
    }

    private func interrupted(
        _ snapshot: inout EnvironmentSnapshot<State>, in step: Step, startedAt: Timestamp?, left: [StepProcess] = []
    ) async -> CommandError {
        await journal.record(snapshot.erased, .step(step.name, .interrupted))
        let position = startedAt == nil ? "before step \(step.name)" : "in step \(step.name)"
        let needsWord = startedAt != nil && !step.isRepeatable
        let way =
            needsWord
            ? "The step is not repeatable: find out what it did, and confirm that it is to be run again."
            : "It can be resumed from there."
        let what =
            left.isEmpty
            ? "was stopped \(position)"
            : "was asked to stop \(position), and what the step started cannot be ended and still works: "
                + BusyLock.describe(left)
        var error = CommandError(
            .interrupted, "\(journal.command) of \(snapshot.context.name) \(what). \(way)\(journal.recordAdvice)")
        error.step = step.name
        error.rerun = needsWord ? step.name : nil
        return journal.complete(error)
    }

    private func report(
        _ step: Step, _ outcome: StepReport.Outcome, since start: ContinuousClock.Instant, _ clock: ContinuousClock,
        _ summary: String?, _ failedAttempts: [FailedAttempt], lastLine: String? = nil
    ) -> StepReport {
        StepReport(
            command: journal.command, name: step.name, outcome: outcome, duration: clock.now - start, summary: summary,
            lastLine: lastLine, failedAttempts: failedAttempts)
    }
}

/// The end of the race between an attempt, its timeout, and the loss of the lease.
private enum Race: Sendable {
    case ended(Result<Void, any Error>)
    case stoodStill(StepProcess)
    case timedOut, stopped, leaseLost
}

/// The error of a step that was stopped because the lease was lost.
private struct LeaseLost: Error {}

extension FailedAttempt {
    fileprivate init(failedAt: Timestamp, _ error: StepError) {
        self.init(failedAt: failedAt, kind: error.kind.rawValue, summary: error.summary)
    }
}

/// A failure and the last lines of the step's log.
struct FailedStep {
    let failure: StepFailure
    let logTail: [String]
    /// Whether a required output is missing, so that retrying the last step alone may not help.
    var lacksOutput = false
}
