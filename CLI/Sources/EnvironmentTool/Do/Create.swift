import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Create: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stores a new environment, and makes nothing yet.",
        usage: "\(Tool.name) create <name> [<options>]",
        discussion: "\(Examples(["create web", "create web --workflow workflow.json"]))")

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Provider options") var provider: ProviderOptions
    @OptionGroup(title: "Login options of a new environment") var login: LoginOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var readsStore: Bool { false }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try session.environment(
            names.name, choice: try provider.choice(), login: login.choice)
        var report = EnvironmentReport(try await environment.create(), "new", in: environment)
        report.changed = true
        return Answer(report.lines, json: report)
    }
}
