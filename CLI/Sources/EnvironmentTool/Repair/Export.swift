import ArgumentParser
import EnvironmentDomain
import JSONText

struct Export: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "An environment with its history and earlier states as one JSON object, which `import` reads.",
        usage: "\(Tool.name) export <name> [<options>]",
        discussion: """
            Logs, traces, keys and what the provider made are not in it.

            \(Examples(["export web > web.json"]))
            """)

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let stored = try await session.stored(names.name)
        let exported = try await session.exported(stored)
        // The history may be large: it is encoded once.
        if global.isJSON { return Answer([], json: exported) }
        let text = try JSONTextEncoder(style: [.pretty, .sortedNames]).encode(exported)
        return Answer([String(decoding: text, as: UTF8.self)], json: exported)
    }
}

extension Session {
    /// The environment with its history and earlier states, up to this state.
    func exported(_ stored: StoredEnvironment) async throws -> ExportedEnvironment {
        let name = stored.document.name
        return ExportedEnvironment(
            stored, history: try await repository.historyLines(of: name) ?? [],
            earlier: try await repository.states(of: name, before: stored.serial))
    }
}
