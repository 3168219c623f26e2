import ArgumentParser
import EnvironmentDomain
import JSONText

struct Export: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "An environment with its history and earlier states as one JSON object, which `import` reads.",
        usage: "envctl export <name> [<options>]",
        discussion: "Logs, traces, keys and what the provider made are not in it.")

    @OptionGroup var names: NameOptions
    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let stored = try await session.stored(names.name)
        let repository = session.repository
        let earlier = try await repository.states(of: names.name, before: stored.serial)
        let exported = ExportedEnvironment(
            stored, history: try await repository.historyLines(of: names.name) ?? [], earlier: earlier)
        let text = try JSONTextEncoder(style: [.pretty, .sortedNames]).encode(exported)
        return Answer([String(decoding: text, as: UTF8.self)], json: exported)
    }
}
