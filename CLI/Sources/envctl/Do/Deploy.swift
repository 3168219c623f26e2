import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Create: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores a new environment, and makes nothing yet.",
        usage: "envctl create <name> [<options>]")

    @OptionGroup var names: NameOptions
    @OptionGroup var provider: ProviderOptions
    @OptionGroup var login: LoginOptions
    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var readsStore: Bool { false }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try session.environment(
            names.name, choice: try provider.choice(), login: login.choice)
        var report = EnvironmentReport(try await environment.create(), "new", in: environment)
        report.changed = true
        return Answer(report.lines, json: report)
    }
}

struct Deploy: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes an environment from wherever it is to a goal; creates it when there is none.",
        usage: "envctl deploy <name> [--until <goal>] [<options>]",
        discussion: """
            Completed phases are not repeated. When the goal is already reached with other parameters or steps, nothing is \
            run: the command ends with exit code 78 and names the phase to start again with --from.
            """)

    @OptionGroup var work: WorkOptions

    @Option(name: .long, help: "Where to stop.")
    var until = GoalArgument.configured

    @OptionGroup var start: BeginningOptions
    @OptionGroup var inputs: ParameterOptions

    @Option(name: .long, help: ArgumentHelp("Run this step again although it is not repeatable.", valueName: "step"))
    var rerun: String?

    @OptionGroup var login: LoginOptions

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(
            session, login: login.choice, rerun: try rerun.map { try StepName($0) })
        return report(
            try await environment.deploy(
                until: until.phase, try inputs.deployment(start.beginning), isDryRun: work.isDryRun),
            of: environment)
    }
}

struct Plan: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which steps a deployment would run, and which it would skip. Changes nothing.",
        usage: "envctl plan <name> [--until <goal>] [<options>]")

    @OptionGroup var names: NameOptions
    @OptionGroup var provider: ProviderOptions

    @Option(name: .long, help: "Where the deployment would stop.")
    var until = GoalArgument.configured

    @OptionGroup var start: BeginningOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .long, help: "Plan a destroy instead.")
    var destroy = false

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var readsStore: Bool { false }

    func validate() throws {
        if destroy, start.from != nil || !inputs.parameters.isEmpty {
            throw ValidationError("--from and --set are for a deployment and exclude --destroy.")
        }
    }

    func answer(_ session: Session) async throws -> Answer {
        let choice = try provider.choice()
        let environment = try session.environment(names.name, choice: choice)
        let outcome =
            destroy
            ? try await environment.destroy(isDryRun: true)
            : try await environment.deploy(
                until: until.phase, try inputs.deployment(start.beginning), isDryRun: true)
        let report = EnvironmentReport(outcome, in: environment)
        guard case .planned(let commands, let stored, let preview) = outcome else {
            return Answer(report.lines, json: report)
        }
        let provider = try choice.provider(remembered: stored?.document.context.provider)
        var steps: [Step] = []
        for planned in commands {
            let runs = Set(planned.steps)
            steps += provider.steps(of: planned.phase).map {
                Step(
                    command: planned.phase.command, name: $0.name,
                    outcome: runs.contains($0.name) ? "planned" : "skipped")
            }
        }
        var table = Table(header: ["COMMAND", "STEP", ""])
        table.rows = steps.map {
            [$0.command.rawValue, $0.name.text, $0.outcome == "planned" ? "would run" : "is done already"]
        }
        let plan = Report(
            environment: names.name, state: stored?.document.state, provider: provider.reference, steps: steps,
            preview: report.preview)
        let head = stored.map { "\($0.document)" } ?? "Environment '\(names.name)' would be created"
        return Answer(
            [head] + (steps.isEmpty ? ["no step would run"] : table.lines()) + EnvironmentReport.lines(preview),
            json: plan)
    }

    private struct Step: Encodable, Sendable {
        let command: CommandName
        let name: StepName
        let outcome: String
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let state: LifecycleState?
        let provider: ProviderReference
        let steps: [Step]
        let preview: Preview.Plan?
    }
}
