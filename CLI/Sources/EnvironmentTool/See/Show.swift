import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Show: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Everything about one environment, and the next command to type.",
        usage: "\(Tool.name) show <name> [--at <serial>|<time>] [<options>]",
        aliases: ["status"])

    @OptionGroup var names: NameOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "As it was then: the serial of a save (`history` shows which), or a time: 14, 2h, 2026-11-20.",
            valueName: "serial|time"))
    var at: PastState?

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let invocation = session.invocation(names.name)
        if let at {
            let earlier = try await session.state(of: names.name, at: at)
            let page = Page(
                Overview(
                    earlier, holder: nil, session.providers, doubt: nil,
                    next: invocation.line("restore", "\(earlier.serial)")), earlier, isEarlier: true,
                repository: repository)
            return Answer(page.lines, json: page)
        }
        let page = try await session.page(of: names.name)
        return Answer(page.lines, json: page)
    }
}
