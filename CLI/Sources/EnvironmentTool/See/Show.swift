import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Show: SeveralCommand {
    static let configuration = CommandConfiguration(
        abstract: "Everything about one environment, and the next command to type.",
        usage: "\(Tool.name) show <name> ... [--all] [--at <serial>|<time>] [<options>]",
        discussion: "\(Examples(["show web", "show web --at 2h", "show --all --json"]))",
        aliases: ["status"])

    @OptionGroup var names: NamesOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "As it was then: the serial of a save (`history` shows which), or a time: 14, 2h, 2026-11-20.",
            valueName: "serial|time"))
    var at: PastState?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        try names.checkAny()
        if at != nil, names.only == nil { throw ValidationError("--at is for one environment.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        try await session.each(names, names.resolved(in: session.repository)) { try await answer($0, session) }
    }

    private func answer(_ name: EnvironmentName, _ session: Session) async throws -> Answer {
        let repository = session.repository
        if let at {
            let earlier = try await session.state(of: name, at: at)
            let page = Page(
                Overview(
                    earlier, holder: nil, session.providers, doubt: nil, in: repository.workspace(for: name),
                    next: session.invocation(name).line("restore", "\(earlier.serial)")), earlier, isEarlier: true,
                repository: repository, clock: global.clock)
            return Answer(page.lines, json: page)
        }
        let page = try await session.page(of: name)
        return Answer(page.lines, json: page)
    }
}
