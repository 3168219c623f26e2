import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Watch: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows an environment again and again: state, step, last line of its log, holder. Until Ctrl-C.",
        usage: "\(Tool.name) watch <name> [<options>]", discussion: "\(Examples(["watch web"]))")

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var follows: Bool { true }

    func validate() throws {
        if global.isJSON { throw ValidationError("watch draws for people; show --json is for programs.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let screen = Screen(redraws: global.redraws)
        // What cannot be read at all is said once, and not waited for.
        var page = try await session.page(of: names.name)
        try await session.watch(names.name) {
            page = try await session.page(of: names.name)
            screen.show(page.lines + (try await lastLine(session)))
        }
        return Answer([], json: page)
    }

    /// The last line that the newest step printed.
    private func lastLine(_ session: Session) async throws -> [String] {
        let logs = try await StepLogs(of: names.name, in: session.repository).all
        guard let newest = logs.last, let line = try StepLogFile(newest.path).lines(last: 1)?.last else { return [] }
        return ["", "\(newest.step) | \(line)"]
    }
}
