import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Restore: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts an earlier state back, as a save with the next serial; replaces a damaged state.",
        usage: "envctl restore <name> <serial> [--reason <text>] [<options>]",
        discussion: """
            What steps have made since then is not undone by it: find out with `validate` what is there. `history` shows \
            the serials. What is damaged is kept under another name.
            """)

    @OptionGroup var names: NameOptions

    @Argument(help: ArgumentHelp("The serial of the earlier state.", valueName: "serial"))
    var serial: Int

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason = "restored by hand"

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let earlier = try await session.state(of: names.name, at: .serial(serial))
        let stored = try await session.repository.restore(names.name, to: earlier.serial, reason: reason)
        var report = EnvironmentReport(
            stored, "the state of serial \(earlier.serial) is back", in: try session.environment(names.name))
        report.changed = true
        return Answer(report.lines, json: report)
    }
}
