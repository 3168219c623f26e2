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

/// One phase of the lifecycle: from the state before it, where an earlier run ended, or again when it is complete.
protocol PhaseWorkCommand: WorkCommand {
    static var phase: Phase { get }
    var inputs: ParameterOptions { get }
    /// Whether the phase starts at its first step in any case.
    var fromStart: Bool { get }
}

extension PhaseWorkCommand {
    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session)
        guard try await environment.repository.exists(work.names.name) else {
            throw await environment.notFound()
        }
        let deployment = try inputs.deployment(fromStart ? .again(Self.phase) : .last)
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
        abstract: "Makes the instance: created to provisioned. Continues where an earlier run ended, or starts again.",
        usage: "envctl provision <name> [--set <name=value>] [<options>]")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .customLong("from-start"), help: "Start at the first step, also when an earlier run ended in between.")
    var fromStart = false
}

struct Configure: PhaseWorkCommand {
    static let phase = Phase.configure
    static let configuration = CommandConfiguration(
        abstract:
            "Configures the instance: provisioned to configured. Continues where an earlier run ended, or starts again.",
        usage: "envctl configure <name> [--set <name=value>] [<options>]")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .customLong("from-start"), help: "Start at the first step, also when an earlier run ended in between.")
    var fromStart = false
}

struct Release: PhaseWorkCommand {
    static let phase = Phase.release
    static let configuration = CommandConfiguration(
        abstract:
            "Puts the release into place: configured to released. Continues where an earlier run ended, or starts again.",
        usage: "envctl release <name> [--set <name=value>] [<options>]")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .customLong("from-start"), help: "Start at the first step, also when an earlier run ended in between.")
    var fromStart = false
}

struct Run: PhaseWorkCommand {
    static let phase = Phase.run
    static let configuration = CommandConfiguration(
        abstract: "Starts the release: released to running. Continues where an earlier run ended, or starts again.",
        usage: "envctl run <name> [--set <name=value>] [<options>]")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .customLong("from-start"), help: "Start at the first step, also when an earlier run ended in between.")
    var fromStart = false
}
