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

    /// The result of a deployment or a destroy.
    public struct Report: Hashable, Sendable {
        public let stored: StoredEnvironment
        /// False when there was nothing to do.
        public let changed: Bool
        /// The steps that were run, in their order.
        public let steps: [StepReport]
    }

    /// One phase of a plan, with the names of the steps that it would run.
    public struct PlannedPhase: Hashable, Sendable {
        public let phase: Phase
        public let steps: [StepName]
    }

    /// Takes an environment to a goal and returns it with the goal's state in its type.
    ///
    /// An environment that is not stored yet is created; one that was interrupted is resumed; one that failed is
    /// retried; one that is at the goal is returned as it is.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - goal: The state to reach.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - creating: Describes the environment when nothing is stored; `nil` for the defaults of
    ///     `Environment(name, provider: provider)`.
    /// - Throws: ``CommandError``, with what is stored after it: `wrongState` when the environment is past the goal, and
    ///   `inputsChanged` when it has reached the goal with other parameters or steps and `first` is `nil`.
    public func deploy<State>(
        _ name: EnvironmentName, to goal: Goal<State>, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], creating: (() -> Environment<Created>)? = nil
    ) async throws(CommandError) -> Environment<State> {
        let report = try await deploy(
            name, until: goal.phase, from: first, parameters: parameters, creating: creating)
        do {
            return try report.stored.document.environment(as: State.self)
        } catch {
            var refusal = CommandError(
                .wrongState,
                "\(name) is in state \(error.actual), which is past \(error.expected). Nothing was done.")
            refusal.lastDurable = report.stored.document
            throw refusal
        }
    }

    /// Takes an environment to the end of a phase: the form of ``deploy(_:to:from:parameters:creating:)`` for goals that
    /// are known only at run time.
    ///
    /// At or past the goal nothing is done.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - last: The phase to end with.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - onlyIf: Is asked, under the lease, whether what is stored is still what the provider was chosen for.
    ///   - creating: Describes the environment when nothing is stored; `nil` for the defaults of
    ///     `Environment(name, provider: provider)`.
    /// - Throws: ``CommandError``, with what is stored after it; `staleEnvironment`, with nothing done, when `onlyIf`
    ///   returns false.
    public func deploy(
        _ name: EnvironmentName, until last: Phase, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true },
        creating: (() -> Environment<Created>)?
    ) async throws(CommandError) -> Report {
        let run = CommandRun()
        return try await core(last).underLease(nil, of: name, run: run) { lease throws(CommandError) in
            var steps: [StepReport] = []
            var current: AnyEnvironmentState
            let before = try await stored(lease)
            try check(before?.document, onlyIf, name)
            let described = creating ?? { Environment(name, provider: provider) }
            _ = try plan(
                from: before?.document, until: last, from: first, parameters: parameters, creating: described)
            if let before {
                current = before.document
            } else {
                current = described().erased
                try await core(.provision).create(current, run: run, lease)
            }
            var move = try firstMove(current, until: last, from: first, parameters)
            logDifferences(of: current, before: move, parameters)
            while let (phase, startsAgain) = move {
                do throws(CommandError) {
                    let (after, ran) = try await advance(current, by: phase, startsAgain, parameters, under: lease)
                    steps += ran
                    current = after
                } catch {
                    var error = error
                    error.steps = steps + error.steps
                    throw error
                }
                move = last.isReached(by: current) ? nil : current.nextCommand.flatMap(Phase.init).map { ($0, false) }
            }
            return try await report(lease, before: before, steps)
        }
    }

    /// Destroys an environment, or finishes a destroy that was begun.
    ///
    /// A destroyed one is left as it is.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - onlyIf: Is asked, under the lease, whether what is stored is still what the provider was chosen for.
    /// - Returns: `nil` when nothing is stored under the name.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func destroy(
        _ name: EnvironmentName, onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true }
    ) async throws(CommandError) -> Report? {
        let command = DestroyCommand(provider: provider, repository: repository, options: options)
        return try await command.core.underLease(nil, of: name, run: CommandRun()) { lease throws(CommandError) in
            guard let before = try await stored(lease) else { return nil }
            try check(before.document, onlyIf, name)
            guard before.document.state != .destroyed else {
                return try await report(lease, before: before, [])
            }
            _ = try planDestroy(of: before.document)
            let steps = try await command.perform(before.document, under: lease)
            return try await report(lease, before: before, steps)
        }
    }

    /// The phases and steps that ``deploy(_:until:from:parameters:onlyIf:creating:)`` would run, from a stored state or
    /// from nothing.
    ///
    /// Changes nothing.
    ///
    /// - Parameters:
    ///   - environment: What is stored; `nil` for nothing.
    ///   - last: The phase to end with.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change.
    ///   - creating: Describes the environment when nothing is stored; without it, the programs that the steps need are
    ///     not looked for then.
    /// - Throws: ``CommandError`` when the deployment would be refused.
    public func plan(
        from environment: AnyEnvironmentState?, until last: Phase, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], creating: (() -> Environment<Created>)? = nil
    ) throws(CommandError) -> [PlannedPhase] {
        let planned = try phases(from: environment, until: last, from: first, parameters)
        // What is described for the check is not made, so nothing is logged of it.
        let described =
            environment ?? creating.map { describe in EnvironmentLog.withHandler({ _ in }) { describe().erased } }
        if let described { try checkPrograms(planned, described) }
        return planned
    }

    private func phases(
        from environment: AnyEnvironmentState?, until last: Phase, from first: Phase?,
        _ parameters: [ParameterName: String]
    ) throws(CommandError) -> [PlannedPhase] {
        guard Phase.forward.contains(last) else {
            throw CommandError(
                .wrongState, "\(last) is no phase that a deployment ends with: use destroy(_:). Nothing was done.")
        }
        guard let environment else {
            if let first { throw notBegun(first) }
            return planned(.provision, until: last, completed: 0)
        }
        guard let (phase, startsAgain) = try firstMove(environment, until: last, from: first, parameters) else {
            return []
        }
        try core(phase).checkAllowed(environment, startsAgain: startsAgain)
        var completed = 0
        if environment.unfinishedCommand == phase.command, !startsAgain, let progress = environment.progress {
            completed = core(phase).resumed(progress, of: environment).completed.count
        }
        return planned(phase, until: last, completed: completed)
    }

    /// The steps that ``destroy(_:onlyIf:)`` would run.
    ///
    /// Changes nothing.
    ///
    /// - Throws: ``CommandError`` when it would be refused.
    public func planDestroy(of environment: AnyEnvironmentState) throws(CommandError) -> [PlannedPhase] {
        guard environment.state != .destroyed else { return [] }
        try core(.destroy).checkAllowed(environment)
        let planned = planned(
            .destroy, until: .destroy, completed: environment.context.destruction?.progress.completed.count ?? 0)
        try checkPrograms(planned, environment)
        return planned
    }

    /// What differs in the completed phases that a deployment leaves as they are although its goal is reached.
    package func keptDifferences(
        of environment: AnyEnvironmentState, until last: Phase, parameters: [ParameterName: String]
    ) -> [InputDifference] {
        let kept = Phase.forward.filter { !last.decisive.contains($0) && environment.context.completed[$0] != nil }
        return InputDifference.find(in: kept, of: environment, provider, parameters)
    }

    /// Makes sure that the programs are there which the steps need that would run.
    private func checkPrograms(
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

    private func planned(_ first: Phase, until last: Phase, completed: Int) -> [PlannedPhase] {
        Phase.allCases.filter { first <= $0 && $0 <= last }.map { phase in
            PlannedPhase(
                phase: phase,
                steps: provider.steps(of: phase).dropFirst(phase == first ? completed : 0).map(\.name))
        }
    }

    private func core(_ phase: Phase) -> CommandCore {
        CommandCore(phase: phase, provider: provider, repository: repository, options: options)
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
            throw CommandError(.staleEnvironment, "The state that was saved for \(lease.name) is not there any more.")
        }
        return Report(stored: stored, changed: stored.serial != before?.serial, steps: steps)
    }

    // MARK: The way to the goal

    /// The first phase on the way to the goal, and whether it starts again from its first step; `nil` when the goal is
    /// reached.
    private func firstMove(
        _ environment: AnyEnvironmentState, until last: Phase, from first: Phase?,
        _ parameters: [ParameterName: String]
    ) throws(CommandError) -> (Phase, startsAgain: Bool)? {
        try checkDeployable(environment)
        try core(last).checkProvider(environment)
        if let first {
            guard first <= last else {
                throw refusal(
                    .wrongState, environment, "\(first) comes after \(last), the phase to end with. Nothing was done.")
            }
            guard first.isBegun(by: environment) else { throw notBegun(first, environment) }
            return (first, true)
        }
        guard !last.isReached(by: environment) else {
            let differences = InputDifference.find(in: last.decisive, of: environment, provider, parameters)
            guard let earliest = differences.map(\.phase).min() else { return nil }
            var refusal = refusal(
                .inputsChanged, environment,
                "\(environment.name) has reached \(last.goal), and its inputs differ: "
                    + "\(differences.map(\.description).joined(separator: "; ")). Nothing was run.")
            refusal.differences = differences
            refusal.startAgain = earliest
            throw refusal
        }
        guard let phase = environment.nextCommand.flatMap(Phase.init) else { return nil }
        // An unfinished phase has used the old parameters already.
        let isChanged = !InputDifference.changed(parameters, from: environment.context.parameters).isEmpty
        return (phase, environment.unfinishedCommand != nil && isChanged)
    }

    private func checkDeployable(_ environment: AnyEnvironmentState) throws(CommandError) {
        if environment.state == .destroyed {
            throw refusal(
                .wrongState, environment,
                "\(environment.name) is destroyed and cannot be deployed again. Purge it, and deploy it again under the "
                    + "same name. Nothing was done.")
        }
        if environment.context.destruction != nil {
            var refusal = refusal(
                .destructionUnfinished, environment,
                "A destroy of \(environment.name) was begun and must be finished first. Nothing was done.")
            refusal.next = .destroy
            throw refusal
        }
    }

    private func notBegun(_ phase: Phase, _ environment: AnyEnvironmentState? = nil) -> CommandError {
        let subject = environment.map { " of \($0.name)" } ?? ""
        var error = CommandError(
            .wrongState, "\(phase)\(subject) cannot start again, since it was never started. Nothing was done.")
        error.lastDurable = environment
        error.next = environment?.nextCommand
        return error
    }

    private func refusal(
        _ code: CommandError.Code, _ environment: AnyEnvironmentState, _ message: String
    ) -> CommandError {
        var error = CommandError(code, message)
        error.lastDurable = environment
        return error
    }

    /// Logs what differs in phases that stay as they are.
    private func logDifferences(
        of environment: AnyEnvironmentState, before move: (Phase, startsAgain: Bool)?,
        _ parameters: [ParameterName: String]
    ) {
        guard let first = move?.0 else { return }
        let kept = Phase.forward.filter { $0 < first && environment.context.completed[$0] != nil }
        let differences = InputDifference.find(in: kept, of: environment, provider, parameters)
        guard !differences.isEmpty else { return }
        EnvironmentLog.log(
            .info, "completed phases stay as they are",
            [
                "environment_name": environment.name.text,
                "differences": differences.map(\.description).joined(separator: "; "),
            ])
    }

    private func advance(
        _ environment: AnyEnvironmentState, by phase: Phase, _ startsAgain: Bool,
        _ parameters: [ParameterName: String], under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        switch phase {
        case .provision: try await advance(environment, by: provisionCommand, startsAgain, parameters, under: lease)
        case .configure: try await advance(environment, by: configureCommand, startsAgain, parameters, under: lease)
        case .release: try await advance(environment, by: releaseCommand, startsAgain, parameters, under: lease)
        case .run: try await advance(environment, by: runCommand, startsAgain, parameters, under: lease)
        case .destroy:
            throw refusal(.wrongState, environment, "\(phase) is not a way from \(environment.state) to a goal.")
        }
    }

    private func advance<Command: PhaseCommand>(
        _ environment: AnyEnvironmentState, by command: Command, _ startsAgain: Bool,
        _ parameters: [ParameterName: String], under lease: any EnvironmentLease
    ) async throws(CommandError) -> (AnyEnvironmentState, [StepReport]) {
        guard let way = startsAgain ? .again : command.engine.way(from: environment.state) else {
            throw refusal(
                .wrongState, environment, "\(command.engine.core.command) does not start from \(environment.state).")
        }
        let performed = try await command.engine.perform(way, environment, parameters: parameters, under: lease)
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
