import EnvironmentDomain
import OperatingSystem

/// A command that takes an environment through its steps to a further state.
///
/// A command says which states it goes through; everything else is here.
protocol StepCommand: Sendable {
    associatedtype Start: EnvironmentState
    associatedtype Working: InProgressState
    associatedtype Done: EnvironmentState
    associatedtype Failed: FailedState

    var core: CommandCore { get }

    /// Looks, when the last step has ended, for what the steps must have handed on.
    static func verify(_ environment: EnvironmentSnapshot<Working>) throws(StepError)
    static func begin(_ environment: consuming Environment<Start>, _ run: CommandRun) -> Environment<Working>
    static func again(_ environment: consuming Environment<Failed>, _ run: CommandRun) -> Environment<Working>
    static func complete(_ environment: consuming Environment<Working>) throws(StepError) -> Environment<Done>
    static func fail(_ environment: consuming Environment<Working>, _ failure: StepFailure) -> Environment<Failed>
}

/// Where a command starts.
enum Entry<Command: StepCommand> {
    case start(EnvironmentSnapshot<Command.Start>)
    case interrupted(EnvironmentSnapshot<Command.Working>)
    case failed(EnvironmentSnapshot<Command.Failed>)

    /// The command's way in from a state; nil when the state is not one that it starts from.
    init?(_ environment: AnyEnvironmentState) {
        if let snapshot = Command.Start.unerase(environment) {
            self = .start(snapshot)
        } else if let snapshot = Command.Working.unerase(environment) {
            self = .interrupted(snapshot)
        } else if let snapshot = Command.Failed.unerase(environment) {
            self = .failed(snapshot)
        } else {
            return nil
        }
    }

    var erased: AnyEnvironmentState {
        switch self {
        case .start(let snapshot): snapshot.erased
        case .interrupted(let snapshot): snapshot.erased
        case .failed(let snapshot): snapshot.erased
        }
    }
}

extension StepCommand {
    static func verify(_ environment: EnvironmentSnapshot<Working>) {}

    /// Whether the command stays in its state when its steps are done, as ``RunCommand`` does.
    private var staysInPlace: Bool { Working.name == Done.name }

    func perform(
        _ entry: Entry<Self>, under given: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> (environment: EnvironmentSnapshot<Done>, steps: [StepReport]) {
        let run = CommandRun()
        let held = entry.erased
        return try await core.options.instrumented(core.command, of: held.name, run: run) { () throws(CommandError) in
            try await core.underLease(given, of: held.name, run: run) { lease throws(CommandError) in
                let stored = try await core.checkStored(held, lease)
                try core.checkAllowed(held)
                let workspace = core.repository.workspace(for: held.name)
                let busy = try await core.takeBusyLock(held, stored: stored, in: workspace)
                if stored == nil { try await core.create(held, run: run, lease) }
                let journal = await Journal(command: core.command, run: run, lease: lease, options: core.options)
                return try await work(entry, journal, busy, workspace)
            }
        }
    }

    private func work(
        _ entry: Entry<Self>, _ journal: Journal, _ busy: FileLock, _ workspace: Workspace
    ) async throws(CommandError) -> (environment: EnvironmentSnapshot<Done>, steps: [StepReport]) {
        var working: EnvironmentSnapshot<Working>
        let isBegun: Bool
        switch entry {
        case .start(var snapshot):
            core.prepare(&snapshot.context, progress: nil, in: workspace)
            working = Self.begin(Environment(snapshot), journal.run).snapshot
            isBegun = false
        case .failed(var snapshot):
            core.prepare(&snapshot.context, progress: nil, in: workspace)
            working = Self.again(Environment(snapshot), journal.run).snapshot
            isBegun = false
        case .interrupted(var snapshot):
            core.prepare(&snapshot.context, progress: snapshot.state.progress, in: workspace)
            core.reportInterrupted(snapshot.erased)
            snapshot.state.progress = snapshot.state.progress.continued(by: journal.run)
            working = snapshot
            isBegun = true
        }
        working.state.progress = core.resumed(working.state.progress, of: entry.erased)
        let total = core.workflow.steps.count
        let isFinishedNow =
            staysInPlace && working.state.progress.finishedAt == nil
            && working.state.progress.completed.count == total
        if isFinishedNow { working.state.progress.finish(at: .now()) }
        if !isBegun {
            try await journal.announce(
                working.erased, .transition(from: entry.erased.state, to: Working.name))
        } else if isFinishedNow {
            try await journal.announce(working.erased, .transition(from: Working.name, to: Working.name))
        }

        let runner = StepRunner<Working>(
            workflow: core.workflow, workspace: workspace, options: core.options, journal: journal, busy: busy,
            progress: \.state.progress,
            verify: Self.verify,
            finishes: staysInPlace)
        if let failed = try await runner.run(&working) {
            let after = Self.fail(Environment(working), failed.failure).snapshot
            await journal.record(after.erased, .transition(from: Working.name, to: Failed.name))
            throw core.stepFailed(failed, of: working.context.name, journal)
        }
        let done: EnvironmentSnapshot<Done>
        do {
            done = try Self.complete(Environment(working)).snapshot
        } catch {
            // All steps were done in an earlier run, and what they must hand on is still missing.
            var refusal = CommandError(
                .workflowChanged,
                "\(core.command) of \(working.context.name) was refused: its steps are done, but \(error.summary).")
            refusal.step = working.state.progress.completed.last?.name
            throw journal.complete(refusal)
        }
        if !staysInPlace {
            await journal.record(done.erased, .transition(from: Working.name, to: Done.name))
        }
        if let failedSave = journal.failedSave { throw journal.saveFailed(failedSave) }
        return (done, journal.steps)
    }
}
