public import EnvironmentDomain

/// A command that puts an earlier release into place again.
///
/// The command runs the release phase with exactly the parameters of the earlier release, and then the run phase if the
/// environment was running. The history marks these runs as a rollback. The earlier release is found in the states that
/// the archive keeps. To continue a rollback that was interrupted or has failed, execute the command again.
public struct RollbackCommand: Sendable {
    private let orchestrator: DeploymentOrchestrator
    private let archive: any EnvironmentArchive

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider that the environment was made with.
    ///   - repository: The archive that stores the environment and its earlier states.
    ///   - options: The options of the run.
    public init(provider: Provider, repository: any EnvironmentArchive, options: CommandOptions = CommandOptions()) {
        orchestrator = DeploymentOrchestrator(provider: provider, repository: repository, options: options)
        archive = repository
    }

    /// The release and the phases of a rollback.
    public struct Plan: Hashable, Sendable {
        /// The release that would be put into place again.
        public let release: EarlierRelease
        /// The phases that would run, in order; empty when the release is in place already.
        public let phases: [DeploymentOrchestrator.PlannedPhase]
        let stored: StoredEnvironment
        /// `nil` when the release is in place.
        let move: DeploymentOrchestrator.Move?
        let goal: Phase
    }

    /// Rolls back to an earlier release and returns the environment with the goal's state in its type.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - goal: `.released`, or `.running` to run the release too.
    ///   - serial: The serial of the release; `nil` for the newest earlier one with other parameters.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then. The code is
    ///   `noEarlierRelease` when there is no such release or the archive no longer contains it.
    public func execute<State: ReleaseBegunState>(
        _ name: EnvironmentName, to goal: Goal<State>, release serial: Int? = nil
    ) async throws(CommandError) -> Environment<State> {
        try await execute(name, release: serial, until: goal.phase).environment()
    }

    /// Rolls back to an earlier release, to a goal that is known only at run time (see ``execute(_:to:release:)``).
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - serial: The serial of the release; `nil` for the newest earlier one with other parameters.
    ///   - last: `.release` or `.run`; `nil` to run the release when the environment was running.
    ///   - onlyIf: Checks, under the lease, that the stored state is the one that the provider was chosen for.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then. The code is
    ///   `noEarlierRelease` when there is no such release or the archive no longer contains it.
    public func execute(
        _ name: EnvironmentName, release serial: Int? = nil, until last: Phase? = nil,
        onlyIf: (AnyEnvironmentState?) -> Bool = { _ in true }
    ) async throws(CommandError) -> DeploymentOrchestrator.Report {
        try await archive.underLease(nil, of: name, for: .release, run: CommandRun()) {
            lease throws(CommandError) in
            let before = try await lease.loaded()
            try orchestrator.check(before?.document, onlyIf, name)
            guard let before else {
                throw CommandError(.wrongState, "There is no environment \(name). Nothing was done.")
            }
            return try await perform(plan(from: before, release: serial, until: last), under: lease)
        }
    }

    /// Does what was planned.
    ///
    /// - Throws: ``CommandError``, with what is stored after it; `staleEnvironment`, with nothing done, when the
    ///   environment was changed after it was planned.
    public func execute(_ plan: Plan) async throws(CommandError) -> DeploymentOrchestrator.Report {
        let name = plan.stored.document.name
        return try await archive.underLease(nil, of: name, for: .release, run: CommandRun()) {
            lease throws(CommandError) in
            let now = try await lease.loaded()
            let isUnchanged =
                now?.serial == plan.stored.serial && now?.lineage == plan.stored.lineage
                && now?.document == plan.stored.document
            try orchestrator.check(now?.document, { _ in isUnchanged }, name)
            return try await perform(plan, under: lease)
        }
    }

    /// Returns the plan of ``execute(_:release:until:onlyIf:)`` without changing anything.
    ///
    /// - Throws: ``CommandError`` when the rollback would be refused.
    public func plan(
        from stored: StoredEnvironment, release serial: Int? = nil, until last: Phase? = nil
    ) async throws(CommandError) -> Plan {
        let (release, move, goal) = try await course(from: stored, to: serial, until: last)
        let phases = try move.map { move throws(CommandError) in
            try orchestrator.planned(stored.document, move, until: goal)
        }
        return Plan(release: release, phases: phases ?? [], stored: stored, move: move, goal: goal)
    }

    // MARK: -

    private func perform(
        _ plan: Plan, under lease: any EnvironmentLease
    ) async throws(CommandError) -> DeploymentOrchestrator.Report {
        if plan.move != nil {
            EnvironmentLog.log(
                .info, "rolling back",
                ["environment_name": plan.stored.document.name.text, "release": plan.release.description])
        }
        let (after, steps) = try await orchestrator.proceed(
            plan.stored.document, plan.move, until: plan.goal, under: lease)
        return DeploymentOrchestrator.Report(
            stored: after, changed: after.serial != plan.stored.serial, steps: steps, rollback: plan.release)
    }

    /// The release to put into place again, and the way there; no move when the release is in place.
    private func course(
        from stored: StoredEnvironment, to serial: Int?, until last: Phase?
    ) async throws(CommandError) -> (EarlierRelease, DeploymentOrchestrator.Move?, goal: Phase) {
        let environment = stored.document
        try orchestrator.checkDeployable(environment, for: "rollback")
        let isBegun = Phase.release.isBegun(by: environment)
        guard isBegun || environment.state == .configured else {
            var refusal = orchestrator.refusal(
                .wrongState, environment,
                "rollback of \(environment.name) was refused: it is in state \(environment.state), and "
                    + "\(environment.nextCommand ?? .configure) comes before a release. Nothing was done.")
            refusal.next = environment.nextCommand
            throw refusal
        }
        if let rollback = environment.context.rollback, serial ?? rollback.serial == rollback.serial,
            last ?? rollback.goal == rollback.goal
        {
            let parameters = environment.context.completed[.release]?.parameters ?? environment.context.parameters
            return (
                EarlierRelease(serial: rollback.serial, parameters: parameters),
                try orchestrator.firstMove(environment, until: rollback.goal), rollback.goal
            )
        }
        let current = Phase.release.isReached(by: environment) ? EarlierRelease(in: stored) : nil
        let releases = try await ReleaseHistory(of: stored, in: archive)
        let parameters = current?.parameters ?? environment.context.parameters
        let release: EarlierRelease
        if let serial {
            release = try await releases.release(serial)
        } else {
            release = try await releases.newest(differingFrom: parameters)
        }
        let goal = last ?? (releases.wasRunning ? .run : .release)
        if current != nil, InputDifference.isSame(release.parameters, parameters) {
            let isReached = goal.isReached(by: environment)
            return (release, isReached ? nil : try orchestrator.firstMove(environment, until: goal), goal)
        }
        let inputs = PhaseInputs.rollback(Rollback(serial: release.serial, goal: goal), release.parameters)
        return (release, DeploymentOrchestrator.Move(phase: .release, startsAgain: isBegun, inputs: inputs), goal)
    }
}
