import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Plan: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which steps a deployment would run, and which it would skip. Changes nothing.",
        usage: "\(Tool.name) plan <name> [--until <goal>] [<options>]",
        discussion: "\(Examples(["plan web --until running", "plan web --destroy"]))")

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Provider options") var provider: ProviderOptions

    @Option(name: .long, help: "Where the deployment would stop.")
    var until = GoalArgument.configured

    @OptionGroup var start: BeginningOptions
    @OptionGroup var inputs: ParameterOptions

    @Flag(name: .long, help: "Plan a destroy instead.")
    var destroy = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var readsStore: Bool { false }

    func validate() throws {
        if !destroy { try start.check(until: until) }
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
        let provider = try choice.provider(
            remembered: stored?.document.context.provider, in: session.providers)
        var steps: [Step] = []
        for planned in commands {
            let runs = Set(planned.steps)
            steps += provider.steps(of: planned.phase).map {
                Step(
                    command: planned.phase.command, name: $0.name,
                    outcome: runs.contains($0.name) ? .planned : .skipped)
            }
        }
        var table = Table(header: ["COMMAND", "STEP", ""])
        table.rows = steps.map {
            [$0.command.rawValue, $0.name.text, $0.outcome == .planned ? "would run" : "is done already"]
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
        let outcome: Outcome

        enum Outcome: String, Encodable, Sendable { case planned, skipped }
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let state: LifecycleState?
        let provider: ProviderReference
        let steps: [Step]
        let preview: Preview.Plan?
    }
}
