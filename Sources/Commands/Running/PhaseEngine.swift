public import EnvironmentDomain
import OperatingSystem

/// The engine of a ``PhaseCommand``: it runs the phase's steps and takes the environment through the phase's states.
public struct PhaseEngine<
    Start: EnvironmentState, Working: InProgressState, Done: EnvironmentState, Failed: FailedState
>: Sendable {
    let core: CommandCore
    let start: @Sendable (consuming Environment<Start>, CommandRun) -> Environment<Working>
    let retry: @Sendable (consuming Environment<Failed>, CommandRun) -> Environment<Working>
    let complete: @Sendable (consuming Environment<Working>) throws(StepError) -> Environment<Done>
    let fail: @Sendable (consuming Environment<Working>, StepFailure) -> Environment<Failed>
    /// Starts the phase again; returns `nil` from a state in which the phase was never started.
    let again: @Sendable (AnyEnvironmentState, CommandRun) -> Environment<Working>?
    /// Checks, after the last step, that the steps have set the required outputs.
    let verify: @Sendable (EnvironmentSnapshot<Working>) throws(StepError) -> Void

    init(
        _ core: CommandCore,
        start: @escaping @Sendable (consuming Environment<Start>, CommandRun) -> Environment<Working>,
        retry: @escaping @Sendable (consuming Environment<Failed>, CommandRun) -> Environment<Working>,
        complete: @escaping @Sendable (consuming Environment<Working>) throws(StepError) -> Environment<Done>,
        fail: @escaping @Sendable (consuming Environment<Working>, StepFailure) -> Environment<Failed>,
        again: @escaping @Sendable (AnyEnvironmentState, CommandRun) -> Environment<Working>?,
        verify: @escaping @Sendable (EnvironmentSnapshot<Working>) throws(StepError) -> Void = { _ throws(StepError) in
        }
    ) {
        self.core = core
        self.start = start
        self.retry = retry
        self.complete = complete
        self.fail = fail
        self.again = again
        self.verify = verify
    }

    /// The way in which a run of the phase begins.
    enum Way: Sendable {
        case start, resume, retry, again
    }

    /// The result of a run: the environment after it, and the reports of the steps that ran.
    struct Performed: ~Copyable {
        let environment: Environment<Done>
        let steps: [StepReport]
    }

    /// Returns the way in which the phase begins from a state; `nil` when it cannot.
    func way(from state: LifecycleState) -> Way? {
        switch state {
        case Start.name: .start
        case Working.name: .resume
        case Failed.name: .retry
        default: nil
        }
    }

    /// Whether the phase keeps its state when its steps are complete, as ``RunCommand`` does.
    private var staysInPlace: Bool { Working.name == Done.name }

    func perform(
        _ way: Way, _ held: AnyEnvironmentState, _ inputs: PhaseInputs = .changes([:]),
        under given: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Performed {
        let run = CommandRun()
        let (snapshot, steps) = try await core.options.instrumented(core.command, of: held.name, run: run) {
            () throws(CommandError) in
            try await core.repository.underLease(given, of: held.name, for: core.command, run: run) {
                lease throws(CommandError) in
                let stored = try await core.checkStored(held, lease)
                try core.checkAllowed(held, startsAgain: way == .again)
                let workspace = core.repository.workspace(for: held.name)
                let busy = try await core.repository.takeBusyLock(for: core.command, held, stored: stored)
                if stored == nil { try await core.create(held, run: run, lease) }
                let journal = await Journal(command: core.command, run: run, lease: lease, options: core.options)
                return try await work(way, held, inputs, journal, busy, workspace)
            }
        }
        // A noncopyable environment cannot be returned from the closure, so a snapshot is.
        return Performed(environment: Environment(snapshot), steps: steps)
    }

    private func work(
        _ way: Way, _ held: AnyEnvironmentState, _ inputs: PhaseInputs, _ journal: Journal,
        _ busy: FileLock, _ workspace: Workspace
    ) async throws(CommandError) -> (EnvironmentSnapshot<Done>, [StepReport]) {
        var working = try begin(way, held, inputs, journal.run, workspace)
        journal.reason = working.snapshot.context.rollback?.reason(working.parameters)
        working.snapshot.state.progress = core.resumed(working.snapshot.state.progress, of: held)
        let total = core.workflow.steps.count
        let isFinishedNow =
            staysInPlace && working.state.progress.finishedAt == nil
            && working.state.progress.completed.count == total
        if isFinishedNow { await finish(&working.snapshot, journal) }
        if way != .resume {
            try await journal.recordIntent(working.erased, .transition(from: held.state, to: Working.name))
        } else if isFinishedNow {
            try await journal.recordIntent(working.erased, .transition(from: Working.name, to: Working.name))
        }

        var runner = StepRunner<Working>(
            workflow: core.workflow, workspace: workspace, options: core.options, journal: journal, busy: busy,
            progress: \.state.progress, verify: verify)
        if staysInPlace { runner.finish = { snapshot in await finish(&snapshot, journal) } }
        if let failed = try await runner.run(&working.snapshot) {
            let name = working.name
            let after = fail(working, failed.failure)
            await journal.record(after.erased, .transition(from: Working.name, to: Failed.name))
            throw core.stepFailed(failed, of: name, journal)
        }
        let name = working.name
        let progress = working.state.progress
        let last = progress.completed.last?.name
        if !staysInPlace { await core.completePhase(&working.snapshot.context, progress, journal) }
        let done: EnvironmentSnapshot<Done>
        do {
            done = try complete(working).snapshot
        } catch {
            // All steps were completed by an earlier run, and a required output is still missing.
            var refusal = CommandError(
                .workflowChanged,
                "\(core.command) of \(name) was refused: its steps are complete, but \(error.summary).")
            refusal.step = last
            refusal.startAgain = core.phase
            throw journal.complete(refusal)
        }
        if !staysInPlace {
            await journal.record(done.erased, .transition(from: Working.name, to: Done.name))
        }
        if let failedSave = journal.failedSave { throw journal.saveFailed(failedSave) }
        return (done, journal.steps)
    }

    private func finish(_ snapshot: inout EnvironmentSnapshot<Working>, _ journal: Journal) async {
        snapshot.state.progress.finish(at: .now())
        await core.completePhase(&snapshot.context, snapshot.state.progress, journal)
    }

    /// Returns the environment as the first save of the run stores it.
    private func begin(
        _ way: Way, _ held: AnyEnvironmentState, _ inputs: PhaseInputs, _ run: CommandRun, _ workspace: Workspace
    ) throws(CommandError) -> Environment<Working> {
        if way != .again { core.reportChangedSteps(held) }
        var context = held.context
        core.prepare(&context, progress: way == .resume ? held.progress : nil, in: workspace)
        if way == .start || way == .again { core.startPhase(&context, inputs) }
        let prepared = held.with(context)
        do throws(UnexpectedState) {
            switch way {
            case .start: return start(try prepared.environment(), run)
            case .retry: return retry(try prepared.environment(), run)
            case .resume:
                core.reportInterrupted(prepared)
                var working: Environment<Working> = try prepared.environment()
                working.snapshot.state.progress = working.state.progress.continued(by: run)
                return working
            case .again:
                if let working = again(prepared, run) { return working }
            }
        } catch {}
        throw CommandError(.wrongState, "\(core.command) does not begin in state \(held.state). Nothing was done.")
    }
}
