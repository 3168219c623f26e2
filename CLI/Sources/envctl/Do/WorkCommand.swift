import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

/// A command that runs steps.
protocol WorkCommand: EnvctlCommand {
    var work: WorkOptions { get }
}

extension WorkCommand {
    var global: GlobalOptions { work.global }
    var environmentName: EnvironmentName? { work.names.name }
    var readsStore: Bool { false }

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
    func refusal(_ reason: String, _ stored: StoredEnvironment, _ session: Session) -> Failure {
        Failure(
            .wrongState, "wrong_state", "\(reason) Nothing was done.",
            next: session.invocation(stored.document.name).next(after: stored.document))
    }
}

/// One command of the lifecycle, from the state before it.
protocol StageCommand: WorkCommand {
    static var goal: Goal { get }
}

extension StageCommand {
    func answer(_ session: Session) async throws -> Answer {
        let command = Self.goal.command
        let environment = try environment(session)
        guard try await environment.repository.exists(work.names.name) else {
            throw await environment.notFound()
        }
        let outcome = try await environment.deploy(until: Self.goal, isDryRun: work.isDryRun) { stored in
            guard let stored else { throw await environment.notFound() }
            let next = stored.document.nextCommand
            guard next != command, !Self.goal.isReached(by: stored.document) else { return }
            let state = stored.document.state
            throw refusal(
                state == .destroyed
                    ? "\(work.names.name) is destroyed."
                    : "\(work.names.name) is in state \(state), from which \(next?.rawValue ?? "nothing") comes before "
                        + "\(command).", stored, session)
        }
        return report(outcome, of: environment)
    }
}

struct Provision: StageCommand {
    static let goal = Goal.provisioned
    static let configuration = CommandConfiguration(
        abstract: "Makes the instance: created to provisioned. Goes on where an earlier run ended.",
        usage: "envctl provision <name> [<options>]")
    @OptionGroup var work: WorkOptions
}

struct Configure: StageCommand {
    static let goal = Goal.configured
    static let configuration = CommandConfiguration(
        abstract: "Configures the instance: provisioned to configured. Goes on where an earlier run ended.",
        usage: "envctl configure <name> [<options>]")
    @OptionGroup var work: WorkOptions
}

struct Release: StageCommand {
    static let goal = Goal.released
    static let configuration = CommandConfiguration(
        abstract: "Brings the release: configured to released. Goes on where an earlier run ended.",
        usage: "envctl release <name> [<options>]")
    @OptionGroup var work: WorkOptions
}

struct Run: StageCommand {
    static let goal = Goal.running
    static let configuration = CommandConfiguration(
        abstract: "Starts what was released: released to running. Goes on where an earlier run ended.",
        usage: "envctl run <name> [<options>]")
    @OptionGroup var work: WorkOptions
}
