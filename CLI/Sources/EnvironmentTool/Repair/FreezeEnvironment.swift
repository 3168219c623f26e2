import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct FreezeEnvironment: SeveralCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Keeps everybody from changing an environment until it is unfrozen, or until the time of --until.",
        usage: "\(Tool.name) freeze <name> ... [--all] --reason <text> [<options>]",
        discussion: """
            It is stored with the environment and is no lock: nothing has to stay running for it. Every command that \
            would change the environment is refused with exit code 78 and the reason.

            \(Examples([
                "freeze web --reason \"the fair is on\" --until 3d",
                "freeze --all --reason \"the network is moved\"",
            ]))
            """)

    @OptionGroup var names: NamesOptions

    @Option(name: .long, help: ArgumentHelp("Why, for those who will be refused.", valueName: "text"))
    var reason: String

    @Option(
        name: .long,
        help: ArgumentHelp("When it ends by itself: 2h, 3d, 2026-11-27T06:00:00Z.", valueName: "time"),
        transform: Moment.future)
    var until: Timestamp?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        try names.checkAny()
        if reason.isEmpty { throw ValidationError("--reason is for those who will be refused; it cannot be empty.") }
        if let until, until <= .now() { throw ValidationError("--until \(until) is over already.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        try await session.each(names, names.resolved(in: session.repository)) { name in
            let stored = try await FreezeCommand(repository: session.repository)
                .freeze(name, reason: reason, until: until)
            guard let stored else { throw try await session.notFound(name) }
            return try session.freezeReport(stored, changed: true)
        }
    }
}

extension Session {
    /// The answer of `freeze` and `unfreeze`.
    func freezeReport(_ stored: StoredEnvironment, changed: Bool) throws -> Answer {
        let environment = try environment(stored.document.name)
        let remark =
            stored.document.context.freeze?.description
            ?? (changed ? "not frozen any more" : "nothing to do, it is not frozen")
        var report = EnvironmentReport(stored, remark.onOneLine, in: environment)
        report.changed = changed
        return Answer(report.lines, json: report)
    }
}
