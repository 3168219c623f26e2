import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

/// A command that runs steps.
protocol WorkCommand: ToolCommand {
    var work: WorkOptions { get }
}

extension WorkCommand {
    var global: GlobalOptions { work.global }
    var environmentName: EnvironmentName? { work.names.name }
    var readsStore: Bool { false }
    var runsSteps: Bool { true }

    func environment(
        _ session: Session, login: LoginChoice = LoginChoice(), rerun: StepName? = nil
    ) throws -> EnvironmentSession {
        try session.environment(
            work.names.name, choice: try work.provider.choice(), login: login, rerun: rerun)
    }

    func report(_ outcome: EnvironmentSession.Outcome, of environment: EnvironmentSession) -> Answer {
        let report = EnvironmentReport(outcome, in: environment)
        return Answer(report.lines, json: report)
    }

    /// A refusal for an environment that is not where the command begins.
    func refusal(_ reason: String, _ stored: StoredEnvironment, _ session: Session) async throws -> Failure {
        let name = stored.document.name
        return Failure(
            .wrongState, "wrong_state", "\(reason) Nothing was done.",
            next: await session.wayOut(name).next(
                from: .stored(stored), isHeld: try await session.repository.holder(of: name) != nil))
    }
}
