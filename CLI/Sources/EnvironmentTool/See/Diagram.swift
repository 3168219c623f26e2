import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Diagram: ToolCommand {
    enum Language: String, CaseIterable, ExpressibleByArgument, Sendable {
        case mermaid, dot
    }

    static let configuration = CommandConfiguration(
        abstract: "The states and transitions as a picture; with NAME, where it is and has been.",
        usage: "\(Tool.name) diagram [<name>] [<options>]")

    @Argument(
        help: ArgumentHelp("Marks where this environment is and where it has been.", valueName: "name"),
        completion: GlobalOptions.nameCompletion, transform: GlobalOptions.name)
    var name: EnvironmentName?

    @Option(name: .long, help: "The language of the picture.")
    var format = Language.mermaid

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { name }
    var readsStore: Bool { name != nil }

    func answer(_ session: Session) async throws -> Answer {
        var current: LifecycleState?
        var visited: Set<LifecycleState> = []
        if let name {
            current = try await session.stored(name).document.state
            for line in try await session.repository.historyLines(of: name) ?? [] {
                if case .transition(let from, let to) = line.event.change {
                    visited.formUnion([from, to].compactMap(\.self))
                }
            }
        }
        let text =
            format == .mermaid
            ? Lifecycle.mermaid(current: current, visited: visited) : Lifecycle.dot(current: current, visited: visited)
        let lines = text.split(separator: "\n").map(String.init)
        return Answer(
            lines,
            json: Picture(
                environment: name, state: current, visited: LifecycleState.allCases.filter(visited.contains),
                format: format.rawValue, text: text))
    }

    private struct Picture: Encodable, Sendable {
        let environment: EnvironmentName?
        let state: LifecycleState?
        let visited: [LifecycleState]
        let format: String
        let text: String
    }
}
