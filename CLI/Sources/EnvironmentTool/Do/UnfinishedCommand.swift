import CommandLineProgram
import EnvironmentDomain

/// A command that continues what an earlier run did not end.
protocol UnfinishedCommand: WorkCommand {
    /// The step that is run again although it is not repeatable; `nil` for none.
    var rerunStep: StepName? { get }
    /// Refuses to continue from what is stored.
    func check(_ environment: StoredEnvironment, _ session: Session) async throws
}

extension UnfinishedCommand {
    var rerunStep: StepName? { nil }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session, rerun: rerunStep)
        let outcome = try await environment.finish(isDryRun: work.isDryRun) { try await check($0, session) }
        return report(outcome, of: environment)
    }
}
