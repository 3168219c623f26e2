public import Commands
public import EnvironmentDomain
import OperatingSystem
import Persistence

/// A program's work on one environment, from the options of the command line to the outcome.
public struct EnvironmentSession: Sendable {
    public let name: EnvironmentName
    public let repository: any EnvironmentArchive
    let options: CommandOptions
    let choice: ProviderChoice
    let providers: Providers
    let login: LoginChoice
    let invocations: any Invocations

    public init(
        _ name: EnvironmentName, in repository: any EnvironmentArchive, options: CommandOptions = CommandOptions(),
        choice: ProviderChoice, providers: Providers = Providers(), login: LoginChoice = LoginChoice(),
        invocations: any Invocations
    ) {
        self.name = name
        self.repository = repository
        self.options = options
        self.choice = choice
        self.providers = providers
        self.login = login
        self.invocations = invocations
    }

    /// The result of a deployment, a rollback or a destroy.
    public enum Outcome: Sendable {
        /// Nothing had to be done. Each note names an input of the caller that was not used.
        case nothingToDo(StoredEnvironment, why: String, notes: [String] = [])
        case done(DeploymentOrchestrator.Report)
        case planned([DeploymentOrchestrator.PlannedPhase], from: StoredEnvironment?, changes: PlannedChanges)
        case plannedRollback(RollbackCommand.Plan, from: StoredEnvironment)
    }

    /// The changes that a provider would make.
    public enum PlannedChanges: Sendable {
        /// The provider was not asked for its changes.
        case none
        case changes(Preview.Plan)
        /// The provider cannot compute the changes, for this reason.
        case refused(String)
    }

    /// Deploys the environment from its stored state to a goal.
    ///
    /// - Parameters:
    ///   - goal: The last phase.
    ///   - deployment: The first phase, and the parameters to change.
    ///   - isDryRun: Whether to only plan the work, which takes no lock and writes nothing.
    ///   - check: A closure that throws, before anything is done, to reject the stored state.
    public func deploy(
        until goal: Phase, _ deployment: DeploymentChoice = DeploymentChoice(), isDryRun: Bool = false,
        from check: (StoredEnvironment?) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        let named = try choice.named(in: providers)
        return try await withStored { stored in
            try await check(stored)
            return try await deploy(stored, named, until: goal, deployment, isDryRun)
        }
    }

    /// Completes the command that an earlier run did not complete: a deployment of its phase, or a destroy.
    ///
    /// - Parameters:
    ///   - isDryRun: Whether to only plan the work, which takes no lock and writes nothing.
    ///   - check: A closure that throws, before anything is done, to reject the stored state.
    public func finish(
        isDryRun: Bool = false, from check: (StoredEnvironment) async throws -> Void
    ) async throws -> Outcome {
        let named = try choice.named(in: providers)
        return try await withStored { stored in
            guard let stored else { throw await notFound() }
            try await check(stored)
            let unfinished = stored.document.unfinishedCommand
            guard let goal = Phase.forward.first(where: { $0.command == unfinished }) else {
                return try await destroy(stored, named, isDryRun)
            }
            return try await deploy(stored, named, until: goal, DeploymentChoice(), isDryRun)
        }
    }

    /// Destroys the environment, or completes a destroy that has started.
    ///
    /// - Parameters:
    ///   - isDryRun: Whether to only plan the work, which takes no lock and writes nothing.
    ///   - check: A closure that throws, before anything is done, to reject the stored state.
    public func destroy(
        isDryRun: Bool = false, from check: (StoredEnvironment) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        let named = try choice.named(in: providers)
        return try await withStored { stored in
            guard let stored else { throw await notFound() }
            try await check(stored)
            return try await destroy(stored, named, isDryRun)
        }
    }

    /// Restores an earlier release, and runs it when the environment was running.
    ///
    /// - Parameters:
    ///   - serial: The serial of the release; `nil` for the newest earlier one with other parameters.
    ///   - isDryRun: Whether to only plan the work, which takes no lock and writes nothing.
    public func rollback(to serial: Int? = nil, isDryRun: Bool = false) async throws -> Outcome {
        _ = try choice.named(in: providers)
        return try await withStored { stored in
            guard let stored else { throw await notFound() }
            let orchestrator = try orchestrator(stored)
            let command = RollbackCommand(provider: orchestrator.provider, repository: repository, options: options)
            let plan = try await command.plan(from: stored, release: serial)
            if plan.phases.isEmpty {
                if !isDryRun { await cleanUp() }
                return .nothingToDo(stored, why: "it has the parameters of release \(plan.release)")
            }
            if isDryRun { return .plannedRollback(plan, from: stored) }
            try await checkKey(of: stored.document, orchestrator.provider)
            return .done(try await command.execute(plan))
        }
    }

    /// Compares what exists with what is stored, and changes neither.
    ///
    /// - Parameter isThorough: Whether to run slow checks too, such as playbooks in check mode.
    public func validate(isThorough: Bool = false) async throws -> (StoredEnvironment, DriftReport) {
        guard let stored = try await repository.load(name) else { throw await notFound() }
        let command = DriftCommand(
            provider: try provider(of: stored.document), repository: repository, isThorough: isThorough,
            options: options)
        guard let report = try await command.execute(name) else { throw await notFound() }
        return (stored, report)
    }

    /// Stores a new environment without running a step.
    public func create() async throws -> StoredEnvironment {
        let environment = try await description(
            try provider(of: nil), isNew: true)
        let run = CommandRun()
        return try await repository.withLease(name, for: .create, run: run) { lease in
            if let stored = try await lease.stored {
                throw Failure(
                    .wrongState, "wrong_state",
                    "\(name) is there already, in state \(stored.document.state). Nothing was changed.",
                    next: invocations.look())
            }
            let saved = try await lease.save(
                environment().erased,
                event: HistoryEvent(
                    command: .create, commandID: run.id, change: .transition(from: nil, to: .created)))
            EnvironmentLog.creation(of: saved.document)
            return saved
        }
    }

    /// Applies an emergency record or another complete state.
    public func recover(_ record: String) async throws -> StoredEnvironment {
        let kind: FileStatus.Kind
        do throws(SystemError) {
            kind = try OpenFile(record, .read).status().kind
        } catch {
            throw UsageError(description: "the record \(record) cannot be read: \(error.reason)")
        }
        guard kind == .regular else { throw UsageError(description: "the record \(record) is not a file") }
        return try await repository.recover(record, for: name)
    }

    /// Moves an emergency record out of the way without applying it, and records that in the history.
    ///
    /// - Parameters:
    ///   - record: The path of the record.
    ///   - reason: The reason, for the history.
    public func decline(_ record: String, reason: String? = nil) async throws -> EnvironmentReport {
        try await repository.decline(record, for: name, reason: reason)
        let stored = try await repository.load(name)
        var report = EnvironmentReport(stored, in: self)
        report.changed = true
        report.lines = ["\(record) is declined and was moved aside"]
        if let stored { report.lines += EnvironmentReport.details(stored, in: self) }
        if let next = report.next { report.lines.append("  next       \(next)") }
        return report
    }

    // MARK: -

    private func deploy(
        _ stored: StoredEnvironment?, _ named: Provider?, until goal: Phase, _ deployment: DeploymentChoice,
        _ isDryRun: Bool
    ) async throws -> Outcome {
        if let stored { try checkLogin(of: stored.document) }
        let first = try deployment.first(of: stored?.document, until: goal)
        let orchestrator = try orchestrator(stored)
        let plan = { (creating: (() -> Environment<Created>)?) throws(CommandError) in
            try orchestrator.plan(
                from: stored?.document, until: goal, from: first, parameters: deployment.parameters,
                creating: creating)
        }
        if let stored, first == nil, goal.isReached(by: stored.document) {
            // This throws when the parameters or the steps differ from those that the goal was reached with.
            let kept = try plan(nil).keptDifferences
            if !isDryRun {
                orchestrator.log(kept, of: name)
                await cleanUp()
            }
            let notes = notes(on: kept, stored.document, orchestrator.provider.reference)
            return .nothingToDo(stored, why: "\(goal.goal) is reached", notes: notes)
        }
        let description = try await description(orchestrator.provider, isNew: stored == nil)
        if let stored { try await checkKey(of: stored.document, orchestrator.provider) }
        if isDryRun {
            let commands = try plan(description).phases
            guard commands.first?.phase == .provision else {
                return .planned(commands, from: stored, changes: .none)
            }
            return .planned(
                commands, from: stored,
                changes: try await changes(orchestrator, stored, stored?.document ?? description().erased))
        }
        return .done(
            try await orchestrator.deploy(
                name, until: goal, from: first, parameters: deployment.parameters,
                onlyIf: { isExpected($0, after: stored, named) }, creating: description))
    }

    private func destroy(
        _ stored: StoredEnvironment, _ named: Provider?, _ isDryRun: Bool
    ) async throws -> Outcome {
        if stored.document.state == .destroyed { return .nothingToDo(stored, why: "it is destroyed already") }
        let orchestrator = try orchestrator(stored)
        if isDryRun {
            let commands = try orchestrator.planDestroy(of: stored.document)
            return .planned(
                commands, from: stored,
                changes: try await changes(orchestrator, stored, stored.document, isRemoval: true))
        }
        let report = try await orchestrator.destroy(name, onlyIf: { isExpected($0, after: stored, named) })
        guard let report else { throw await notFound() }
        return .done(report)
    }

    /// Runs `body` with the stored environment, and again when another command changed it before the lease was
    /// acquired.
    private func withStored(_ body: (StoredEnvironment?) async throws -> Outcome) async throws -> Outcome {
        for _ in 0..<10 {
            do {
                return try await body(try await stored())
            } catch let error as CommandError where error.code == .staleEnvironment {
                continue
            } catch var error as CommandError where error.emergencyRecord == nil {
                // An earlier command may have left a record, whose work must not be repeated.
                error.emergencyRecord = try? await repository.emergencyRecord(of: name)
                throw error
            }
        }
        return try await body(try await stored())
    }

    /// Returns the stored environment; `nil` for none.
    ///
    /// - Throws: `RepositoryError` when the stored environment cannot be read or may not be the newest.
    private func stored() async throws(RepositoryError) -> StoredEnvironment? {
        let standing = try await repository.standing(of: name)
        if let error = standing.error { throw error }
        return standing.stored
    }

    /// Returns whether the provider that was chosen for the earlier stored state is also the right one for the present
    /// state.
    private func isExpected(_ now: AnyEnvironmentState?, after before: StoredEnvironment?, _ named: Provider?) -> Bool {
        let (chosen, right) = (before?.document.context.provider, now?.context.provider)
        return named != nil || (chosen?.kind == right?.kind && chosen?.source == right?.source)
    }

    /// Cleans up after a killed command, which acquiring a lease does.
    private func cleanUp() async {
        // On a read-only disk, for example, nothing is cleaned up, and the result is the same.
        guard ((try? await repository.abandoned(name)) ?? nil) != nil else { return }
        await (try? repository.acquireLease(name, for: .save, run: CommandRun()))?.release()
    }

    /// Returns the provider of a stored environment; `nil` stands for a new one.
    func provider(of environment: AnyEnvironmentState?) throws -> Provider {
        try choice.provider(
            remembered: environment?.context.provider, build: repository.workspace(for: name).build, in: providers)
    }

    private func orchestrator(_ stored: StoredEnvironment?) throws -> DeploymentOrchestrator {
        let provider = try provider(of: stored?.document)
        if let rerun = options.rerun {
            guard Phase.allCases.contains(where: { provider.steps(of: $0).contains { $0.name == rerun } }) else {
                throw UsageError(description: "--rerun: there is no step \(rerun)")
            }
        }
        return DeploymentOrchestrator(provider: provider, repository: repository, options: options)
    }

    /// Returns the changes that the provider would make, if it can compute them.
    private func changes(
        _ orchestrator: DeploymentOrchestrator, _ stored: StoredEnvironment?, _ environment: AnyEnvironmentState,
        isRemoval: Bool = false
    ) async throws -> PlannedChanges {
        guard let preview = orchestrator.provider.preview else { return .none }
        do {
            return .changes(
                try await preview.run(
                    environment, lineage: stored?.lineage, workspace: repository.workspace(for: name),
                    isRemoval: isRemoval, options: options))
        } catch let error as StepError {
            return .refused(error.summary)
        }
    }
}
