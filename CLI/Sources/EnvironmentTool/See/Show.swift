import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Show: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Everything about one environment, and the next command to type.",
        usage: "\(Tool.name) show <name> [--at <serial>|<time>] [<options>]")

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
        let standing = try await repository.standing(of: names.name)
        guard let stored = standing.stored else {
            if let error = standing.error { throw error }
            throw try await session.notFound(names.name)
        }
        let holder = try await repository.holder(of: names.name)
        let page = Page(
            Overview(
                stored, holder: holder, session.providers, doubt: standing.error,
                next: await session.wayOut(names.name).next(from: standing, isHeld: holder != nil)), stored,
            isEarlier: false, repository: repository)
        return Answer(page.lines, json: page)
    }
}
