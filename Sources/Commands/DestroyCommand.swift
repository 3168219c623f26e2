public import EnvironmentDomain
import OperatingSystem

/// A command that removes everything that was made for an environment and takes it from any state to `Destroyed`.
///
/// There is no state for an unfinished destroy. Until the last step is complete, the environment keeps its state, and
/// `EnvironmentContext.destruction` holds the progress and the failure. To resume, execute the command again.
public struct DestroyCommand: Sendable {
    let core: CommandCore

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
    public init(provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        core = CommandCore(phase: .destroy, provider: provider, repository: repository, options: options)
    }

    /// Runs all steps, or those that an earlier run did not complete.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func execute<State: DestroyableState>(
        _ environment: consuming Environment<State>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Destroyed> {
        Environment(try await perform(environment.snapshot, under: lease).environment)
    }

    /// Destroys an environment whose state is known only at run time, and returns the reports of the steps that ran.
    func perform(
        _ held: AnyEnvironmentState, under lease: any EnvironmentLease
    ) async throws(CommandError) -> [StepReport] {
        func open<State: DestroyableState>(_ state: State) async throws(CommandError) -> [StepReport] {
            try await perform(EnvironmentSnapshot(context: held.context, state: state), under: lease).steps
        }
        guard let state = held.payload as? any DestroyableState else { return [] }
        return try await open(state)
    }

    func perform<State: DestroyableState>(
        _ held: EnvironmentSnapshot<State>, under given: (any EnvironmentLease)?
    ) async throws(CommandError) -> (environment: EnvironmentSnapshot<Destroyed>, steps: [StepReport]) {
        let run = CommandRun()
        return try await core.options.instrumented(.destroy, of: held.context.name, run: run) {
            () throws(CommandError) in try await perform(held, run, under: given)
        }
    }

    private func perform<State: DestroyableState>(
        _ held: EnvironmentSnapshot<State>, _ run: CommandRun, under given: (any EnvironmentLease)?
    ) async throws(CommandError) -> (environment: EnvironmentSnapshot<Destroyed>, steps: [StepReport]) {
        let name = held.context.name
        return try await core.repository.underLease(given, of: name, for: .destroy, run: run) {
            lease throws(CommandError) in
            let stored = try await core.checkStored(held.erased, lease)
            try core.checkAllowed(held.erased)
            let workspace = core.repository.workspace(for: name)
            let busy = try await core.repository.takeBusyLock(
                for: .destroy, held.erased, stored: stored)
            if stored == nil { try await core.create(held.erased, run: run, lease) }
            let journal = await Journal(command: .destroy, run: run, lease: lease, options: core.options)

            core.reportChangedSteps(held.erased)
            var snapshot = held
            let progress = held.erased.progress
            core.prepare(&snapshot.context, progress: progress, in: workspace)
            if held.context.destruction?.failure == nil { core.reportInterrupted(held.erased) }
            var destruction = held.context.destruction ?? Destruction(progress: StepProgress(command: run))
            destruction.progress = core.resumed(destruction.progress.continued(by: run), of: held.erased)
            destruction.failure = nil
            snapshot.context.destruction = destruction

            let runner = StepRunner<State>(
                workflow: core.workflow, workspace: workspace, options: core.options, journal: journal, busy: busy,
                progress: \.context.destructionProgress, verify: { _ in },
                keepFailure: { snapshot, failure in
                    snapshot.context.destructionProgress = snapshot.context.destructionProgress.stopped()
                    snapshot.context.destruction?.failure = failure
                })
            if let failed = try await runner.run(&snapshot) {
                throw core.stepFailed(failed, of: name, journal)
            }
            workspace.removeEmptyInstanceFolder()
            let gone = Environment(snapshot).destroyed().snapshot
            await journal.record(gone.erased, .transition(from: State.name, to: .destroyed))
            if let failedSave = journal.failedSave { throw journal.saveFailed(failedSave) }
            return (gone, journal.steps)
        }
    }
}

extension Workspace {
    /// Removes the instance's folder if it is empty.
    fileprivate func removeEmptyInstanceFolder() {
        guard let root = try? Folder(root.text), (try? Folder(instance).names().isEmpty) == true else { return }
        try? root.removeTree(lastComponent(of: instance))
    }
}

extension EnvironmentContext {
    /// The progress of the unfinished destroy.
    fileprivate var destructionProgress: StepProgress {
        get { destruction?.progress ?? StepProgress(command: CommandRun()) }
        set { destruction?.progress = newValue }
    }
}
