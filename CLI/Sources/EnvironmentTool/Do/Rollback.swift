import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Rollback: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Releases again with the parameters of an earlier release, and runs it if it was running.",
        usage: "\(Tool.name) rollback <name> [--to <serial>] [--yes] [<options>]",
        discussion: """
            Without --to it is the newest earlier release whose parameters differ from the current ones. A rollback that was \
            interrupted or has failed continues with the same command. The steps are those of today: what they do with the \
            earlier parameters is theirs. On a terminal it shows what would run and asks; elsewhere it needs --yes.

            \(Examples(["rollback web", "rollback web --to 32 --yes"]))
            """)

    @OptionGroup var work: WorkOptions
    @OptionGroup var confirmation: ConfirmationOptions

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
        try await confirm(session, environment)
        return report(try await environment.rollback(to: to, isDryRun: work.isDryRun), of: environment)
    }

    private func confirm(_ session: Session, _ environment: EnvironmentSession) async throws {
        let name = work.names.name
        guard !work.isDryRun, !confirmation.isGiven else { return }
        // A rollback that was begun was confirmed before.
        guard try await session.stored(name).document.context.rollback == nil,
            try await session.repository.holder(of: name) == nil
        else { return }
        // What is refused is refused here already.
        let plan = try await environment.rollback(to: to, isDryRun: true)
        try await session.confirm(confirmation, "roll back \(name)") { EnvironmentReport(plan, in: environment).lines }
    }
}
