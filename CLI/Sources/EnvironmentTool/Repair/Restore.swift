import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Restore: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts an earlier state back, as a save with the next serial; replaces a damaged state.",
        usage: "\(Tool.name) restore <name> <serial> [--reason <text>] [--yes] [<options>]",
        discussion: """
            What steps have made since then is not undone by it: find out with `validate` what is there. `history` shows \
            the serials. What is damaged is kept under another name. On a terminal it shows what changes and asks; elsewhere \
            it needs --yes.

            \(Examples(["restore web 14 --reason \"the edit was wrong\""]))
            """)

    @OptionGroup var names: NameOptions

    @Argument(
        help: ArgumentHelp("The serial of the earlier state.", valueName: "serial"), transform: NumberArgument.whole)
    var serial: Int

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason = "restored by hand"

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let earlier = try await session.state(of: names.name, at: .serial(serial))
        let standing = try await session.repository.standing(of: names.name)
        if try await !session.isRefused(standing, of: names.name) {
            try await session.confirm(confirmation, "restore serial \(earlier.serial) of \(names.name)") {
                guard let now = standing.stored else {
                    return ["What is stored now cannot be read; serial \(earlier.serial) takes its place."]
                }
                return try Difference(from: now, to: earlier).lines
            }
        }
        let stored = try await session.repository.restore(names.name, to: earlier.serial, reason: reason)
        var report = EnvironmentReport(
            stored, "the state of serial \(earlier.serial) is back", in: try session.environment(names.name))
        report.changed = true
        return Answer(report.lines, json: report)
    }
}
