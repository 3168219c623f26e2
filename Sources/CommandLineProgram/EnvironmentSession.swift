public import Commands
import DocumentStore
public import EnvironmentDomain
import OpenTofuProvider
import OperatingSystem
import Persistence

/// What a program does to one environment, from what its command line says to what came of it.
public struct EnvironmentSession: Sendable {
    public let name: EnvironmentName
    public let repository: any EnvironmentArchive
    private let options: CommandOptions
    private let choice: ProviderChoice
    private let providers: Providers
    private let login: LoginChoice
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

    /// What came of it.
    public enum Outcome: Sendable {
        /// Nothing is to be done; each note says what the caller asked for and nothing uses.
        case nothingToDo(StoredEnvironment, why: String, notes: [String] = [])
        case done(DeploymentOrchestrator.Report)
        case planned([DeploymentOrchestrator.PlannedPhase], from: StoredEnvironment?, preview: Preview)
        case plannedRollback(RollbackCommand.Plan, from: StoredEnvironment)
    }

    /// What the infrastructure's tool would change.
    public enum Preview: Sendable {
        /// No tool is asked for what is planned.
        case none
        case changes(Commands.Preview.Plan)
        /// The tool cannot say, for this reason.
        case refused(String)
    }

    /// Takes the environment from wherever it is to a goal.
    ///
    /// - Parameters:
    ///   - goal: the phase to end with.
    ///   - deployment: where to begin, and the parameters to change.
    ///   - isDryRun: only says what would be done; takes no lock and writes nothing.
    ///   - check: refuses, before anything is done, to begin from what is stored.
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

    /// Finishes the command that an earlier run did not end: a deployment of its phase, or a destroy.
    ///
    /// - Parameters:
    ///   - isDryRun: only says what would be done; takes no lock and writes nothing.
    ///   - check: refuses, before anything is done, to begin from what is stored.
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

    /// Destroys the environment, or finishes a destroy that was begun.
    ///
    /// - Parameters:
    ///   - isDryRun: only says what would be done; takes no lock and writes nothing.
    ///   - check: refuses, before anything is done, to begin from what is stored.
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

    /// Puts an earlier release into place again, and runs it when the environment was running.
    ///
    /// - Parameters:
    ///   - serial: the serial of the release; `nil` for the newest earlier one with other parameters.
    ///   - isDryRun: only says what would be done; takes no lock and writes nothing.
    public func rollback(to serial: Int? = nil, isDryRun: Bool = false) async throws -> Outcome {
        let named = try choice.named(in: providers)
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
            try await checkKey(of: stored.document, orchestrator.provider.reference)
            return .done(
                try await command.execute(
                    name, release: serial, onlyIf: { isExpected($0, after: stored, named) }))
        }
    }

    /// Looks whether what was made is still as it was made; neither it nor what is stored is changed.
    ///
    /// - Parameter isThorough: whether to do what takes long too, such as playbooks in check mode.
    public func validate(isThorough: Bool = false) async throws -> (StoredEnvironment, DriftReport) {
        guard let stored = try await repository.load(name) else { throw await notFound() }
        let command = DriftCommand(
            provider: try choice.provider(
                remembered: stored.document.context.provider, build: repository.workspace(for: name).build,
                in: providers),
            repository: repository,
            isThorough: isThorough, options: options)
        guard let report = try await command.execute(name) else { throw await notFound() }
        return (stored, report)
    }

    /// Stores a new environment, and does nothing else.
    public func create() async throws -> StoredEnvironment {
        let environment = try await description(
            try choice.provider(remembered: nil, build: repository.workspace(for: name).build, in: providers).reference,
            isNew: true)
        let run = CommandRun()
        return try await repository.withLease(name, for: .create, run: run) { lease in
            if let stored = try await lease.stored {
                throw Failure(
                    .wrongState, "wrong_state",
                    "\(name) is there already, in state \(stored.document.state). Nothing was changed.",
                    next: invocations.look())
            }
            return try await lease.save(
                environment().erased,
                event: HistoryEvent(
                    command: .create, commandID: run.id, change: .transition(from: nil, to: .created)))
        }
    }

    /// Removes everything of a destroyed environment but its lock file.
    ///
    /// - Parameter evenIfDamaged: whether to remove also what cannot be read any more.
    /// - Returns: what was stored, `nil` when that cannot be known; `nil` when there was nothing to remove.
    public func purge(evenIfDamaged: Bool = false) async throws -> StoredEnvironment?? {
        let standing = try await repository.standing(of: name)
        if case .nothing = standing, try await !repository.isKnown(name) { return nil }
        let found = try checkPurge(of: standing, evenIfDamaged)
        return try await repository.withLease(name, for: .purge) { lease in
            // Another command may have made the environment a moment ago.
            let stored = evenIfDamaged ? (try? await lease.stored) ?? nil : try await lease.stored
            if let stored { try checkPurge(of: stored) }
            try await lease.delete(evenIfDamaged: evenIfDamaged)
            return .some(stored ?? found)
        }
    }

    /// Returns what a purge would remove; `nil` when nothing is stored, or it cannot be known.
    ///
    /// - Throws: `Failure` for what must not be purged, or `RepositoryError` for what is damaged or may not be the newest.
    public func storedForPurge(evenIfDamaged: Bool) async throws -> StoredEnvironment? {
        try checkPurge(of: try await repository.standing(of: name), evenIfDamaged)
    }

    private func checkPurge(of standing: EnvironmentStanding, _ evenIfDamaged: Bool) throws -> StoredEnvironment? {
        if !evenIfDamaged, let error = standing.error { throw error }
        if let stored = standing.stored { try checkPurge(of: stored) }
        return standing.stored
    }

    /// The paths of what a purge removes from this machine: the working files, and what a store of files makes.
    public func filesToPurge() throws -> [String] {
        // What was moved to a database may have left its files here, which are another store's.
        let isStore = repository is FileEnvironmentRepository
        let path = repository.workspace(for: name).root.text
        let names: [String]
        do {
            names = try Folder(path).names()
        } catch {
            if error.isNotFound { return [] }
            throw error
        }
        return names.sorted().filter {
            Workspace.names.contains($0) || isStore && DocumentPlace.isOwn($0) && $0 != DocumentPlace.lockName
        }.map { "\(path)/\($0)" }
    }

    /// Refuses to purge what is not destroyed, or frozen.
    public func checkPurge(of stored: StoredEnvironment) throws(Failure) {
        if let freeze = stored.document.context.freeze, freeze.holds() {
            throw Failure(
                .wrongState, "frozen", "purge of \(name) was refused: it is \(freeze). Nothing was removed.",
                next: invocations.unfreeze())
        }
        let state = stored.document.state
        guard state == .destroyed else {
            throw Failure(
                .wrongState, "wrong_state",
                "\(name) is in state \(state), and only a destroyed environment can be purged. Nothing was removed.",
                next: invocations.destroy())
        }
    }

    /// Applies an emergency record or another whole state.
    public func recover(_ record: String) async throws -> StoredEnvironment {
        do {
            guard try OpenFile(record, .read).status().kind == .regular else {
                throw UsageError(description: "the record \(record) is not a file")
            }
        } catch let error as SystemError {
            throw UsageError(description: "the record \(record) cannot be read: \(error.reason)")
        }
        return try await repository.recover(record, for: name)
    }

    /// The error for a name under which nothing is stored.
    public func notFound() async -> Failure {
        let names = (try? await repository.names()) ?? []
        let near = name.text.nearest(in: names.map(\.text)).map { " Did you mean \($0)?" } ?? ""
        return Failure(
            .notFound, "not_found", "There is no environment \(name) in \(repository.location).\(near)",
            next: invocations.makeAnew())
    }

    /// The command line that leads on from what is stored; `nil` when there is nothing left to do.
    public func next(after environment: AnyEnvironmentState) -> String? {
        // Steps that cannot be read are told by the command line that needs them.
        let provider = try? choice.provider(
            remembered: environment.context.provider, build: repository.workspace(for: name).build, in: providers)
        return invocations.next(
            after: environment, unconfirmed: provider.flatMap { $0.unrepeatableStep(of: environment) })
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
            // Refuses when the parameters or the steps differ from those that the goal was reached with.
            let kept = try plan(nil).keptDifferences
            if !isDryRun {
                orchestrator.log(kept, of: name)
                await cleanUp()
            }
            let notes = notes(on: kept, stored.document, orchestrator.provider.reference)
            return .nothingToDo(stored, why: "\(goal.goal) is reached", notes: notes)
        }
        let description = try await description(orchestrator.provider.reference, isNew: stored == nil)
        if let stored { try await checkKey(of: stored.document, orchestrator.provider.reference) }
        if isDryRun {
            let commands = try plan(description).phases
            guard commands.first?.phase == .provision else {
                return .planned(commands, from: stored, preview: .none)
            }
            // It is described, not made, so nothing is logged of it.
            let environment = stored?.document ?? EnvironmentLog.withHandler({ _ in }) { description().erased }
            return .planned(
                commands, from: stored, preview: try await preview(orchestrator, stored, environment))
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
                preview: try await preview(orchestrator, stored, stored.document, isRemoval: true))
        }
        let report = try await orchestrator.destroy(name, onlyIf: { isExpected($0, after: stored, named) })
        guard let report else { throw await notFound() }
        return .done(report)
    }

    /// Reads what is stored and does something with it; again when another command has changed it before the lease
    /// was taken.
    private func withStored(_ body: (StoredEnvironment?) async throws -> Outcome) async throws -> Outcome {
        for _ in 0..<10 {
            do {
                return try await body(try await stored())
            } catch let error as CommandError where error.code == .staleEnvironment {
                continue
            } catch var error as CommandError where error.emergencyRecord == nil {
                // An earlier command may have left it; what it did is not to be done again.
                error.emergencyRecord = try? await repository.emergencyRecord(of: name)
                throw error
            }
        }
        return try await body(try await stored())
    }

    /// What is stored; `nil` for nothing at all.
    ///
    /// - Throws: `RepositoryError` when what is stored cannot be known, or may not be the newest.
    private func stored() async throws(RepositoryError) -> StoredEnvironment? {
        let standing = try await repository.standing(of: name)
        if let error = standing.error { throw error }
        return standing.stored
    }

    /// Whether the provider that was chosen for what was stored is the right one for what is stored now.
    private func isExpected(_ now: AnyEnvironmentState?, after before: StoredEnvironment?, _ named: Provider?) -> Bool {
        let (chosen, right) = (before?.document.context.provider, now?.context.provider)
        return named != nil || (chosen?.kind == right?.kind && chosen?.source == right?.source)
    }

    /// Cleans up what a killed command left, which the next lease does.
    private func cleanUp() async {
        // Where nothing can be written, as on a read-only disk, there is still nothing to do.
        guard ((try? await repository.abandoned(name)) ?? nil) != nil else { return }
        await (try? repository.acquireLease(name, for: .save, run: CommandRun()))?.release()
    }

    private func orchestrator(_ stored: StoredEnvironment?) throws -> DeploymentOrchestrator {
        let provider = try choice.provider(
            remembered: stored?.document.context.provider, build: repository.workspace(for: name).build, in: providers)
        if let rerun = options.rerun {
            guard Phase.allCases.contains(where: { provider.steps(of: $0).contains { $0.name == rerun } }) else {
                throw UsageError(description: "--rerun: there is no step \(rerun)")
            }
        }
        return DeploymentOrchestrator(provider: provider, repository: repository, options: options)
    }

    /// What the infrastructure's tool would change, where there is one that can tell.
    private func preview(
        _ orchestrator: DeploymentOrchestrator, _ stored: StoredEnvironment?, _ environment: AnyEnvironmentState,
        isRemoval: Bool = false
    ) async throws -> Preview {
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

    /// Describes the environment for the case that nothing is stored.
    private func description(
        _ provider: ProviderReference, isNew: Bool
    ) async throws -> () -> Environment<Created> {
        let (credentials, port, jump) = try login.credentials(in: repository.workspace(for: name))
        // An environment keeps the key that it was created with.
        if isNew, let key = login.key, provider.kind == .opentofu {
            do {
                try await LoginKey(SSHAccount(credentials, in: repository.workspace(for: name))).check()
            } catch {
                throw Failure(.usage, error.kind.rawValue, "--ssh-key \(key): \(error.summary). Nothing was done.")
            }
        }
        return { [name] in
            Environment(
                name: name, sshCredentials: credentials, sshPort: port, sshJump: jump, provider: provider)
        }
    }

    /// Makes sure, before a step is run, that the key of a stored environment still works where one is logged in with it.
    private func checkKey(of environment: AnyEnvironmentState, _ provider: ProviderReference) async throws {
        let workspace = repository.workspace(for: name)
        // A key pair in the environment's own folder is the one that its steps generate.
        guard provider.kind == .opentofu, let credentials = environment.context.sshCredentials,
            !credentials.privateKeyPath(in: workspace).text.hasPrefix("\(workspace.keys)/")
        else { return }
        do {
            try await LoginKey(SSHAccount(credentials, in: workspace)).check()
        } catch {
            throw Failure(
                .usage, error.kind.rawValue,
                "\(name) logs in with an SSH key that cannot be used: \(error.summary). Nothing was done.")
        }
    }

    /// Refuses SSH settings that differ from those that the environment was created with and keeps.
    private func checkLogin(of environment: AnyEnvironmentState) throws {
        let differences = try login.differences(from: environment.context, in: repository.workspace(for: name))
        guard !differences.isEmpty else { return }
        throw Failure(
            .wrongState, "wrong_state",
            "\(name) keeps the SSH settings that it was created with, and \(differences.joined(separator: ", and ")). "
                + "Nothing was done. Leave the option out; with other settings an environment is created under another "
                + "name, or under this one after a destroy and a purge.",
            next: invocations.look())
    }

    /// What is given and differs, and is not used since the goal is reached without it.
    private func notes(
        on differences: [InputDifference], _ environment: AnyEnvironmentState, _ provider: ProviderReference
    ) -> [String] {
        var notes: [String] = []
        if let first = differences.map(\.phase).min() {
            notes.append(
                "\(differences.map(\.description).joined(separator: "; ")): nothing of that was run; to run it: "
                    + invocations.startAgain(first))
        }
        let (kept, given) = (environment.context.provider.source, provider.source)
        if let kept, let given, kept != given {
            notes.append("\(name) keeps \(kept), since nothing of \(given) was run")
        }
        return notes
    }
}
