import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Rollback: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Releases again with the parameters of an earlier release, and runs it if the environment was running.",
        usage: "\(Tool.name) rollback <name> [--to <serial>] [<options>]",
        discussion: """
            Without --to it is the newest earlier release whose parameters differ from the current ones. A rollback that was \
            interrupted or has failed continues with the same command. The steps are those of today: what they do with the \
            earlier parameters is theirs.
            """)

    @OptionGroup var work: WorkOptions

    @Option(
        name: .long,
        help: ArgumentHelp("The serial with which the release was complete; `history` shows it.", valueName: "serial"),
        transform: NumberArgument.whole)
    var to: Int?

    @Option(name: .long, help: ArgumentHelp("Run this step again although it is not repeatable.", valueName: "step"))
    var rerun: String?

    func validate() throws {
        if to == 0 { throw ValidationError("--to is the serial of a release, a number from 1.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session, rerun: try rerun.map { try StepName($0) })
        return report(try await environment.rollback(to: to, isDryRun: work.isDryRun), of: environment)
    }
}
