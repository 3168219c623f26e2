import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

/// A command for one phase: starts it, resumes or retries it, or starts it again when it is complete.
protocol PhaseWorkCommand: WorkCommand {
    static var phase: Phase { get }
    var inputs: ParameterOptions { get }
    var fromStart: FromStartOption { get }
    /// Refuses, or allows, to begin with an environment that is not stored.
    func checkMissing(_ session: Session) async throws
}

extension PhaseWorkCommand {
    func checkMissing(_ session: Session) async throws { throw try await session.notFound(work.names.name) }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session)
        let deployment = try inputs.deployment(fromStart.isGiven ? .lastFromStart : .last)
        let outcome = try await environment.deploy(until: Self.phase, deployment, isDryRun: work.isDryRun) { stored in
            guard let stored else { return try await checkMissing(session) }
            let next = stored.document.nextCommand
            guard next != Self.phase.command, !Self.phase.isReached(by: stored.document) else { return }
            let state = stored.document.state
            throw try await refusal(
                state == .destroyed
                    ? "\(work.names.name) is destroyed."
                    : "\(work.names.name) is in state \(state), from which \(next?.rawValue ?? "nothing") comes before "
                        + "\(Self.phase).", stored, session)
        }
        return report(outcome, of: environment)
    }
}

extension Phase {
    /// What the phase's command does in each state.
    var courses: String {
        "It resumes an interrupted \(self), retries a failed one at the step that failed, and starts a complete one again. "
            + "With --set values that differ from the stored ones it starts at the first step."
    }
}
