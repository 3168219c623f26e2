public import EnvironmentDomain

extension DeploymentOrchestrator {
    /// The phases and steps that a deployment would run.
    public struct Plan: Hashable, Sendable {
        /// The phases that would run, in order; empty when the environment has reached the goal.
        public let phases: [PlannedPhase]
        /// The differences in the inputs of completed phases that would not run again.
        public let keptDifferences: [InputDifference]
    }

    /// A phase that would run, and its steps.
    public struct PlannedPhase: Hashable, Sendable {
        /// The phase.
        public let phase: Phase
        /// The names of the steps that would run, in order.
        public let steps: [StepName]
    }

    /// The next phase to run on the way to a goal.
    struct Move: Hashable, Sendable {
        let phase: Phase
        /// Whether the phase starts at its first step even if some of its steps are complete.
        var startsAgain = false
        /// The parameters with which the phase starts, for it and for those that follow.
        var inputs = PhaseInputs.changes([:])
    }

    /// Returns the plan of ``deploy(_:until:from:parameters:onlyIf:creating:)`` without changing anything.
    ///
    /// - Parameters:
    ///   - environment: The stored state; `nil` when nothing is stored.
    ///   - last: The phase to end with.
    ///   - first: The phase to start again; `nil` to continue from the stored state.
    ///   - parameters: The parameters to change.
    ///   - creating: Describes the environment when nothing is stored. If it is `nil` in that case, the plan does not
    ///     check that the programs of the steps are installed.
    /// - Throws: ``CommandError`` when the deployment would be refused.
    public func plan(
        from environment: AnyEnvironmentState?, until last: Phase, from first: Phase? = nil,
        parameters: [ParameterName: String] = [:], creating: (() -> Environment<Created>)? = nil
    ) throws(CommandError) -> Plan {
        guard Phase.forward.contains(last) else {
            throw CommandError(
                .wrongState, "\(last) is no phase that a deployment ends with: use destroy(_:). Nothing was done.")
        }
        guard let environment else {
            if let first { throw notBegun(first) }
            let phases = planned(.provision, until: last, completed: 0)
            if let creating { try checkPrograms(phases, creating().erased) }
            return Plan(phases: phases, keptDifferences: [])
        }
        let move = try firstMove(environment, until: last, from: first, parameters)
        let kept = Phase.forward.filter { phase in
            environment.context.completed[phase] != nil
                && move.map { phase < $0.phase } ?? !last.decisive.contains(phase)
        }
        return Plan(
            phases: try move.map { move throws(CommandError) in try planned(environment, move, until: last) } ?? [],
            keptDifferences: InputDifference.find(in: kept, of: environment, provider, parameters))
    }

    /// Returns the phase and the steps that ``destroy(_:onlyIf:)`` would run, without changing anything.
    ///
    /// - Returns: An empty array for a destroyed environment.
    /// - Throws: ``CommandError`` when the destroy would be refused.
    public func planDestroy(of environment: AnyEnvironmentState) throws(CommandError) -> [PlannedPhase] {
        guard environment.state != .destroyed else { return [] }
        let core = core(.destroy)
        try core.checkAllowed(environment)
        let progress = environment.context.destruction.map { core.resumed($0.progress, of: environment) }
        let phases = planned(.destroy, until: .destroy, completed: progress?.completed.count ?? 0)
        try checkPrograms(phases, environment)
        return phases
    }

    /// Returns the phases that would run from a move to the goal.
    ///
    /// - Throws: ``CommandError`` when the first phase would be refused or a program is not installed.
    func planned(
        _ environment: AnyEnvironmentState, _ move: Move, until last: Phase
    ) throws(CommandError) -> [PlannedPhase] {
        let core = core(move.phase)
        try core.checkAllowed(environment, startsAgain: move.startsAgain)
        var completed = 0
        if environment.unfinishedCommand == move.phase.command, !move.startsAgain, let progress = environment.progress {
            completed = core.resumed(progress, of: environment).completed.count
        }
        let phases = planned(move.phase, until: last, completed: completed)
        try checkPrograms(phases, environment)
        return phases
    }

    private func planned(_ first: Phase, until last: Phase, completed: Int) -> [PlannedPhase] {
        Phase.allCases.filter { first <= $0 && $0 <= last }.map { phase in
            PlannedPhase(
                phase: phase,
                steps: provider.steps(of: phase).dropFirst(phase == first ? completed : 0).map(\.name))
        }
    }

    /// Returns the first move on the way to the goal; `nil` when the environment has reached it with the same inputs.
    ///
    /// - Throws: ``CommandError`` when the deployment would be refused.
    func firstMove(
        _ environment: AnyEnvironmentState, until last: Phase, from first: Phase? = nil,
        _ parameters: [ParameterName: String] = [:]
    ) throws(CommandError) -> Move? {
        try checkDeployable(environment, for: last.command.rawValue)
        if let first {
            guard first <= last else {
                throw refusal(
                    .wrongState, environment, "\(first) comes after \(last), the phase to end with. Nothing was done.")
            }
            guard first.isBegun(by: environment) else { throw notBegun(first, environment) }
            return Move(phase: first, startsAgain: true, inputs: .changes(parameters))
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
        // With changed parameters, an unfinished phase starts again, since its steps have used the old ones.
        let isChanged = !InputDifference.changed(parameters, from: environment.context.parameters).isEmpty
        return Move(
            phase: phase, startsAgain: environment.unfinishedCommand != nil && isChanged, inputs: .changes(parameters))
    }

    /// Checks that the environment is not destroyed, has no unfinished destroy, and was made with this provider.
    ///
    /// - Parameter action: The word for the requested command, for the message.
    func checkDeployable(_ environment: AnyEnvironmentState, for action: String) throws(CommandError) {
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
        try core(.provision).checkProvider(environment, for: action)
    }

    private func notBegun(_ phase: Phase, _ environment: AnyEnvironmentState? = nil) -> CommandError {
        let subject = environment.map { " of \($0.name)" } ?? ""
        var error = refusal(
            .wrongState, environment,
            "\(phase)\(subject) cannot start again, since it was never started. Nothing was done.")
        error.next = environment?.nextCommand
        return error
    }

    func refusal(
        _ code: CommandError.Code, _ environment: AnyEnvironmentState?, _ message: String
    ) -> CommandError {
        var error = CommandError(code, message)
        error.lastDurable = environment
        return error
    }

    /// Logs the differences in the inputs of completed phases that do not run again.
    package func log(_ keptDifferences: [InputDifference], of name: EnvironmentName) {
        guard !keptDifferences.isEmpty else { return }
        EnvironmentLog.log(
            .info, "completed phases stay as they are",
            [
                "environment_name": name.text,
                "differences": keptDifferences.map(\.description).joined(separator: "; "),
            ])
    }
}
