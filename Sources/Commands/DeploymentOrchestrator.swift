public import EnvironmentDomain
import OperatingSystem

/// An orchestrator that takes an environment from any stored state to a goal, running several commands under one lease.
public struct DeploymentOrchestrator: Sendable {
    /// The provider whose steps are run.
    public let provider: Provider
    let repository: any EnvironmentRepository
    let options: CommandOptions

    /// Creates the orchestrator.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
    public init(
        provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()
    ) {
        self.provider = provider
        self.repository = repository
        self.options = options
    }

    /// The result of a deployment, a rollback or a destroy.
    public struct Report: Hashable, Sendable {
        /// The environment as it is stored after the run.
        public let stored: StoredEnvironment
        /// Whether the stored environment was changed.
        public let changed: Bool
        /// The reports of the steps that ran, in order.
        public let steps: [StepReport]
        /// The differences in the inputs of completed phases that did not run again.
        public let keptDifferences: [InputDifference]
        /// The release that a rollback put into place again; `nil` when this is not the report of a rollback.
        public let rollback: EarlierRelease?

        init(
            stored: StoredEnvironment, changed: Bool, steps: [StepReport] = [],
            keptDifferences: [InputDifference] = [], rollback: EarlierRelease? = nil
        ) {
            self.stored = stored
            self.changed = changed
            self.steps = steps
            self.keptDifferences = keptDifferences
            self.rollback = rollback
        }

        /// Returns the environment with the goal's state in its type.
        ///
        /// - Throws: ``CommandError`` with `wrongState` when the environment is in another state.
        func environment<State: EnvironmentState>() throws(CommandError) -> Environment<State> {
            do {
                return try stored.document.environment()
            } catch {
                var refusal = CommandError(
                    .wrongState,
                    "\(stored.document.name) is in state \(error.actual), which is past \(error.expected). "
                        + "Nothing was done.")
                refusal.lastDurable = stored.document
                throw refusal
            }
        }
    }

    /// Takes an environment to a goal and returns it with the goal's state in its type.
    ///
    /// An environment that is not stored is created, an interrupted one is resumed, a failed one is retried, and one
    /// that has reached the goal is returned unchanged.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - goal: The state to reach.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change; the others keep their values.
    ///   - creating: Describes the environment when nothing is stored; `nil` for the defaults of
    ///     `Environment(name, provider: provider)`.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then. The code is
    ///   `wrongState` when the environment is past the goal, and `inputsChanged` when it has reached the goal with
    ///   other parameters or steps and `first` is `nil`.
    public func deploy<State>(
        _ name: EnvironmentName, to goal: Goal<State>, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], creating: (() -> Environment<Created>)? = nil
    ) async throws(CommandError) -> Environment<State> {
        try await deploy(name, until: goal.phase, from: first, parameters: parameters, creating: creating).environment()
    }

    /// Takes an environment to the end of a phase that is known only at run time.
    ///
    /// This is ``deploy(_:to:from:parameters:creating:)`` without the goal's state in a type. If the environment is at
    /// or past the goal, nothing is done.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - last: The phase to end with.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change; the others keep their values.
    ///   - onlyIf: Checks, under the lease, that the stored state is the one that the provider was chosen for.
    ///   - creating: Describes the environment when nothing is stored; `nil` for the defaults of
    ///     `Environment(name, provider: provider)`.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then. If `onlyIf` returns
    ///   `false`, nothing is done and the code is `staleEnvironment`.
    public func deploy(
        _ name: EnvironmentName, until last: Phase, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true },
        creating: (() -> Environment<Created>)?
    ) async throws(CommandError) -> Report {
        let run = CommandRun()
        return try await repository.underLease(nil, of: name, for: last.command, run: run) {
            lease throws(CommandError) in
            let before = try await lease.loaded()
            try check(before?.document, onlyIf, name)
            let described = creating ?? { Environment(name, provider: provider) }
            let plan = try plan(
                from: before?.document, until: last, from: first, parameters: parameters, creating: described)
            let current: AnyEnvironmentState
            if let before {
                current = before.document
            } else {
                current = described().erased
                try await core(.provision).create(current, run: run, lease)
            }
            log(plan.keptDifferences, of: name)
            let move = try firstMove(current, until: last, from: first, parameters)
            let (after, steps) = try await proceed(current, move, until: last, under: lease)
            return Report(
                stored: after, changed: after.serial != before?.serial, steps: steps,
                keptDifferences: plan.keptDifferences)
        }
    }

    /// Runs the phases from a move to the goal, under a lease.
    ///
    /// - Returns: The environment as it is stored after the run, and the reports of the steps that ran.
    func proceed(
        _ environment: AnyEnvironmentState, _ first: Move?, until last: Phase, under lease: any EnvironmentLease
    ) async throws(CommandError) -> (StoredEnvironment, [StepReport]) {
        var (current, move, steps) = (environment, first, [StepReport]())
        while let next = move {
            do throws(CommandError) {
                let (after, ran) = try await advance(current, by: next, under: lease)
                steps += ran
                current = after
            } catch {
                var error = error
                error.steps = steps + error.steps
                throw error
            }
            // What the first phase started with is stored, and the others take it from there.
            move = last.isReached(by: current) ? nil : current.nextCommand.flatMap(Phase.init).map { Move(phase: $0) }
        }
        guard let stored = try await lease.loaded() else {
            throw CommandError(.staleEnvironment, "The state that was saved for \(lease.name) is not there any more.")
        }
        return (stored, steps)
    }

    /// Destroys an environment, or finishes a destroy that was started.
    ///
    /// If the environment is destroyed already, nothing is done.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - onlyIf: Checks, under the lease, that the stored state is the one that the provider was chosen for.
    /// - Returns: The report; `nil` when nothing is stored under the name.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func destroy(
        _ name: EnvironmentName, onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true }
    ) async throws(CommandError) -> Report? {
        let command = DestroyCommand(provider: provider, repository: repository, options: options)
        return try await repository.underLease(nil, of: name, for: .destroy, run: CommandRun()) {
            lease throws(CommandError) in
            guard let before = try await lease.loaded() else { return nil }
            try check(before.document, onlyIf, name)
            guard before.document.state != .destroyed else { return Report(stored: before, changed: false) }
            _ = try planDestroy(of: before.document)
            let steps = try await command.perform(before.document, under: lease)
            guard let after = try await lease.loaded() else { return nil }
            return Report(stored: after, changed: true, steps: steps)
        }
    }

    /// Checks that the programs that the planned steps need are installed.
    func checkPrograms(
        _ planned: [PlannedPhase], _ environment: AnyEnvironmentState
    ) throws(CommandError) {
        for plan in planned {
            for need in provider.needs where need.phase == plan.phase && plan.steps.contains(need.step) {
                do {
                    try need.find(environment, repository.workspace(for: environment.name))
                } catch {
                    var error = CommandError(
                        .toolMissing,
                        "\(plan.phase) of \(environment.name) was refused: its step \(need.step) needs a program, and "
                            + "\(error.summary). Nothing was done.")
                    error.step = need.step
                    throw error
                }
            }
        }
    }

    func core(_ phase: Phase) -> CommandCore {
        CommandCore(phase: phase, provider: provider, repository: repository, options: options)
    }

    func check(
        _ stored: AnyEnvironmentState?, _ isExpected: (AnyEnvironmentState?) -> Bool, _ name: EnvironmentName
    ) throws(CommandError) {
        guard !isExpected(stored) else { return }
        throw refusal(
            .staleEnvironment, stored,
            "\(name) was changed by another command meanwhile. Nothing was done; load it again.")
    }

    // MARK: The way to the goal

    private func advance(
        _ environment: AnyEnvironmentState, by move: Move, under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        switch move.phase {
        case .provision: try await advance(environment, by: provisionCommand, move, under: lease)
        case .configure: try await advance(environment, by: configureCommand, move, under: lease)
        case .release: try await advance(environment, by: releaseCommand, move, under: lease)
        case .run: try await advance(environment, by: runCommand, move, under: lease)
        case .destroy:
            throw refusal(.wrongState, environment, "\(move.phase) is not a way from \(environment.state) to a goal.")
        }
    }

    private func advance<Command: PhaseCommand>(
        _ environment: AnyEnvironmentState, by command: Command, _ move: Move, under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        guard let way = move.startsAgain ? .again : command.engine.way(from: environment.state) else {
            throw refusal(
                .wrongState, environment, "\(command.engine.core.command) does not start from \(environment.state).")
        }
        let performed = try await command.engine.perform(way, environment, move.inputs, under: lease)
        return (performed.environment.erased, performed.steps)
    }

    var provisionCommand: ProvisionCommand {
        ProvisionCommand(provider: provider, repository: repository, options: options)
    }
    var configureCommand: ConfigureCommand {
        ConfigureCommand(provider: provider, repository: repository, options: options)
    }
    var releaseCommand: ReleaseCommand {
        ReleaseCommand(provider: provider, repository: repository, options: options)
    }
    var runCommand: RunCommand {
        RunCommand(provider: provider, repository: repository, options: options)
    }
}
