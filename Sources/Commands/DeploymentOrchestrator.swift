public import EnvironmentDomain
import OperatingSystem

/// Takes an environment from whatever state it is stored in to a goal, with the commands, under one lease.
public struct DeploymentOrchestrator: Sendable {
    public let provider: Provider
    let repository: any EnvironmentRepository
    let options: CommandOptions

    public init(
        provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()
    ) {
        self.provider = provider
        self.repository = repository
        self.options = options
    }

    /// What a deployment or a destroy came to.
    public struct Report: Hashable, Sendable {
        public let stored: StoredEnvironment
        /// False when there was nothing to do.
        public let changed: Bool
        /// The steps that were run, in their order.
        public let steps: [StepReport]
    }

    /// One command of a plan, with the names of the steps that it would run.
    public struct PlannedCommand: Hashable, Sendable {
        public let command: CommandName
        public let steps: [StepName]
    }

    /// Walks from the stored state to the goal: creates what is not there, resumes what was interrupted, retries what
    /// failed.
    ///
    /// At or beyond the goal nothing is done.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - goal: where to stop.
    ///   - onlyIf: is asked, under the lease, whether what is stored is still what the provider was chosen for.
    ///   - creating: describes the environment when nothing is stored.
    /// - Throws: ``CommandError``, with what is stored after it; `staleEnvironment`, with nothing done, when `onlyIf`
    ///   says no.
    public func deploy(
        _ name: EnvironmentName, until goal: Goal, onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true },
        creating: () -> Environment<Created>
    ) async throws(CommandError) -> Report {
        let run = CommandRun()
        return try await core(goal.command).underLease(nil, of: name, run: run) { lease throws(CommandError) in
            var steps: [StepReport] = []
            var current: AnyEnvironmentState
            let before = try await stored(lease)
            try check(before?.document, onlyIf, name)
            if let before {
                current = before.document
            } else {
                current = creating().erased
                try await core(.provision).create(current, run: run, lease)
            }
            while let command = try next(current, until: goal) {
                do throws(CommandError) {
                    let (after, ran) = try await advance(current, by: command, under: lease)
                    steps += ran
                    current = after
                } catch {
                    var error = error
                    error.steps = steps + error.steps
                    throw error
                }
            }
            return try await report(lease, before: before, steps)
        }
    }

    /// Destroys an environment, or finishes a destroy that was begun.
    ///
    /// A destroyed one is left as it is.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - onlyIf: is asked, under the lease, whether what is stored is still what the provider was chosen for.
    /// - Returns: nil when nothing is stored under the name.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func destroy(
        _ name: EnvironmentName, onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true }
    ) async throws(CommandError) -> Report? {
        let command = DestroyCommand(workflow: provider.destroying, repository: repository, options: options)
        return try await command.core.underLease(nil, of: name, run: CommandRun()) { lease throws(CommandError) in
            guard let before = try await stored(lease) else { return nil }
            try check(before.document, onlyIf, name)
            guard before.document.state != .destroyed else {
                return try await report(lease, before: before, [])
            }
            let steps = try await command.perform(before.document, under: lease)
            return try await report(lease, before: before, steps)
        }
    }

    /// What ``deploy(_:until:onlyIf:creating:)`` would do, from a stored state or from nothing.
    ///
    /// Changes nothing.
    ///
    /// - Throws: ``CommandError`` when the walk would be refused.
    public func plan(
        from environment: AnyEnvironmentState?, until goal: Goal
    ) throws(CommandError) -> [PlannedCommand] {
        var commands: [CommandName] = Goal.allCases.map(\.command)
        var completed = 0
        if let environment {
            guard let next = try next(environment, until: goal) else { return [] }
            try core(next).checkAllowed(environment)
            if environment.unfinishedCommand == next, let progress = environment.progress {
                completed = core(next).resumed(progress, of: environment).completed.count
            }
            commands = Array(commands.drop { $0 != next })
        }
        let last = commands.firstIndex(of: goal.command).map { $0 + 1 } ?? commands.count
        return commands[..<last].enumerated().map { index, command in
            PlannedCommand(
                command: command,
                steps: provider[command].steps.dropFirst(index == 0 ? completed : 0).map(\.name))
        }
    }

    /// What ``destroy(_:onlyIf:)`` would do.
    ///
    /// Changes nothing.
    ///
    /// - Throws: ``CommandError`` when it would be refused.
    public func planDestroy(of environment: AnyEnvironmentState) throws(CommandError) -> [PlannedCommand] {
        guard environment.state != .destroyed else { return [] }
        try core(.destroy).checkAllowed(environment)
        let completed = environment.context.destruction?.progress.completed.count ?? 0
        return [
            PlannedCommand(
                command: .destroy, steps: provider.destroying.steps.dropFirst(completed).map(\.name))
        ]
    }

    private func core(_ command: CommandName) -> CommandCore {
        CommandCore(command: command, workflow: provider[command], repository: repository, options: options)
    }

    private func check(
        _ stored: AnyEnvironmentState?, _ isExpected: (AnyEnvironmentState?) -> Bool, _ name: EnvironmentName
    ) throws(CommandError) {
        guard !isExpected(stored) else { return }
        var error = CommandError(
            .staleEnvironment, "\(name) was changed by another command meanwhile. Nothing was done; load it again.")
        error.lastDurable = stored
        throw error
    }

    private func stored(_ lease: any EnvironmentLease) async throws(CommandError) -> StoredEnvironment? {
        do {
            return try await lease.stored
        } catch {
            throw CommandError(error)
        }
    }

    private func report(
        _ lease: any EnvironmentLease, before: StoredEnvironment?, _ steps: [StepReport]
    ) async throws(CommandError) -> Report {
        guard let stored = try await stored(lease) else {
            throw CommandError(.staleEnvironment, "What was saved under \(lease.name) is not there any more.")
        }
        return Report(stored: stored, changed: stored.serial != before?.serial, steps: steps)
    }

    /// The next command on the way to the goal; nil when it is reached.
    private func next(
        _ environment: AnyEnvironmentState, until goal: Goal
    ) throws(CommandError) -> CommandName? {
        var refusal: CommandError
        if environment.state == .destroyed {
            refusal = CommandError(
                .wrongState,
                "\(environment.name) is destroyed and cannot be deployed again. Purge it, and deploy it anew under the same "
                    + "name. Nothing was done.")
        } else if environment.context.destruction != nil {
            refusal = CommandError(
                .destructionUnfinished,
                "A destroy of \(environment.name) was begun and must be finished first. Nothing was done.")
            refusal.next = .destroy
        } else {
            return goal.isReached(by: environment) ? nil : environment.nextCommand
        }
        refusal.lastDurable = environment
        throw refusal
    }

    private func advance(
        _ environment: AnyEnvironmentState, by command: CommandName, under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        switch command {
        case .provision: try await advance(environment, by: provisionCommand, under: lease)
        case .configure: try await advance(environment, by: configureCommand, under: lease)
        case .release: try await advance(environment, by: releaseCommand, under: lease)
        case .run: try await advance(environment, by: runCommand, under: lease)
        case .create, .destroy, .save, .purge, .recover, .restore, .acceptEdit, .freeze, .unfreeze, .validate:
            throw CommandError(.wrongState, "\(command) is not a way from \(environment.state) to a goal.")
        }
    }

    private func advance<Command: StepCommand>(
        _ environment: AnyEnvironmentState, by command: Command, under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        guard let entry = Entry<Command>(environment) else {
            throw CommandError(.wrongState, "\(command.core.command) does not start from \(environment.state).")
        }
        let (after, steps) = try await command.perform(entry, under: lease)
        return (after.erased, steps)
    }

    var provisionCommand: ProvisionCommand {
        ProvisionCommand(workflow: provider.provisioning, repository: repository, options: options)
    }
    var configureCommand: ConfigureCommand {
        ConfigureCommand(workflow: provider.configuring, repository: repository, options: options)
    }
    var releaseCommand: ReleaseCommand {
        ReleaseCommand(workflow: provider.releasing, repository: repository, options: options)
    }
    var runCommand: RunCommand {
        RunCommand(workflow: provider.running, repository: repository, options: options)
    }
}
