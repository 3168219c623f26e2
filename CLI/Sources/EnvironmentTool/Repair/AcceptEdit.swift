import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct AcceptEdit: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-edit",
        abstract: "Makes a state that was edited by hand the stored state.",
        usage: "\(Tool.name) accept-edit <name> [--yes] [<options>]",
        discussion: """
            Shows the members that differ from what is stored, checks that the edit is a valid state without members that \
            nobody knows, and saves it with the next serial. `doctor --fix` refuses the edit instead: the file is written \
            again from the log, and the edited one is kept under another name. On a terminal it asks; elsewhere it needs --yes.

            \(Examples(["accept-edit web --dry-run", "accept-edit web"]))
            """)

    @OptionGroup var names: NameOptions

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason = "edited by hand"

    @Flag(name: .customLong("dry-run"), help: "Only show what was changed.")
    var isDryRun = false

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.exists(names.name) else { throw try await session.notFound(names.name) }
        let edited: StoredEnvironment
        do throws(RepositoryError) {
            edited = try await repository.editedState(of: names.name)
        } catch {
            let invocation = session.invocation(names.name)
            var failure = Failure(error, invocations: invocation)
            failure.next = invocation.line("doctor")
            throw failure
        }
        let before = try await session.stored(names.name)
        let difference = try Difference(from: before, to: edited)
        let environment = try session.environment(names.name)
        guard !isDryRun else {
            return Answer(
                difference.lines,
                json: Report(report: EnvironmentReport(edited, in: environment), difference: difference))
        }
        if try await !session.isRefused(.stored(before), of: names.name) {
            try await session.confirm(confirmation, "accept the edit of \(names.name)") { difference.lines }
        }
        let stored = try await repository.acceptEdit(edited, reason: reason)
        var report = EnvironmentReport(stored, "the edit is accepted", in: environment)
        report.changed = true
        return Answer(difference.lines + report.lines, json: Report(report: report, difference: difference))
    }

    private struct Report: Encodable, Sendable {
        let report: EnvironmentReport
        let difference: Difference

        enum CodingKeys: String, CodingKey { case difference }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(difference, forKey: .difference)
        }
    }
}
