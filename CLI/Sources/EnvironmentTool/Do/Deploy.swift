import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Deploy: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes an environment from wherever it is to a goal.",
        usage: "\(Tool.name) deploy <name> [--create] [--until <goal>] [<options>]",
        discussion: """
            Completed phases are not repeated. When the goal is already reached with other parameters or steps, nothing is \
            run: the command ends with exit code 78 and names the phase to start again with --from.

            \(Examples([
                "deploy web --create",
                "deploy web --until running --set tag=v2 --from release",
                "deploy web --create --workflow workflow.json",
                "deploy web --dry-run",
            ]))
            """)

    @OptionGroup var work: WorkOptions

    @Option(name: .long, help: "Where to stop.")
    var until = GoalArgument.configured

    @OptionGroup var creation: CreateOption
    @OptionGroup var start: BeginningOptions
    @OptionGroup var inputs: ParameterOptions

    @Option(name: .long, help: ArgumentHelp("Run this step again although it is not repeatable.", valueName: "step"))
    var rerun: String?

    @OptionGroup(title: "Login options of a new environment") var login: LoginOptions

    func validate() throws { try start.check(until: until) }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(
            session, login: login.choice, rerun: try rerun.map { try StepName($0) })
        return report(
            try await environment.deploy(
                until: until.phase, try inputs.deployment(start.beginning), isDryRun: work.isDryRun
            ) { stored in
                if stored == nil, !creation.isGiven { throw try await session.notCreated(work.names.name) }
            }, of: environment)
    }
}
