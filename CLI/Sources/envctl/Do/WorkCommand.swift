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
    func refusal(_ reason: String, _ stored: StoredEnvironment, _ session: Session) async throws -> Failure {
        let name = stored.document.name
        return Failure(
            .wrongState, "wrong_state", "\(reason) Nothing was done.",
            next: session.invocation(name).next(
                after: stored.document, isHeld: try await session.repository.holder(of: name) != nil,
                record: try await session.repository.emergencyRecord(of: name)))
    }
}

/// A command for one phase: starts it, resumes or retries it, or starts it again when it is complete.
protocol PhaseWorkCommand: WorkCommand {
    static var phase: Phase { get }
    var inputs: ParameterOptions { get }
    var fromStart: FromStartOption { get }
}

extension PhaseWorkCommand {
    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session)
        let deployment = try inputs.deployment(fromStart.isGiven ? .lastFromStart : .last)
        let outcome = try await environment.deploy(until: Self.phase, deployment, isDryRun: work.isDryRun) { stored in
            guard let stored else { throw await environment.notFound() }
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

struct Provision: PhaseWorkCommand {
    static let phase = Phase.provision
    static let configuration = CommandConfiguration(
        abstract: "Makes the instance, or makes it again.",
        usage: "envctl provision <name> [--set <name=value>] [<options>]", discussion: phase.courses)
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}

struct Configure: PhaseWorkCommand {
    static let phase = Phase.configure
    static let configuration = CommandConfiguration(
        abstract: "Configures the instance, or configures it again.",
        usage: "envctl configure <name> [--set <name=value>] [<options>]", discussion: phase.courses)
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}

struct Release: PhaseWorkCommand {
    static let phase = Phase.release
    static let configuration = CommandConfiguration(
        abstract: "Puts a release on the instance: the first one or the next one.",
        usage: "envctl release <name> [--set <name=value>] [<options>]", discussion: phase.courses)
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}

struct Run: PhaseWorkCommand {
    static let phase = Phase.run
    static let configuration = CommandConfiguration(
        abstract: "Starts the release, or starts it again.",
        usage: "envctl run <name> [--set <name=value>] [<options>]", discussion: phase.courses)
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}

extension Phase {
    /// What the phase's command does in each state.
    fileprivate var courses: String {
        "It resumes an interrupted \(self), retries a failed one at the step that failed, and starts a complete one again. "
            + "With --set values that differ from the stored ones it starts at the first step."
    }
}
