import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage

struct Diagram: ToolCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument, Sendable {
        case text, svg, mermaid, dot
    }

    static let configuration = CommandConfiguration(
        abstract: "The states and transitions as a picture; with NAME, its way so far and the steps that come next.",
        usage: "\(Tool.name) diagram [<name>] [<options>]",
        discussion: """
            The formats text and svg show the steps that were run and those that come next; svg is a picture for a browser. \
            The formats mermaid and dot are the states alone, for the tools of that name.

            \(Examples(["diagram web", "diagram web --format svg > web.svg", "diagram --format mermaid"]))
            """)

    @Argument(
        help: ArgumentHelp("Marks where this environment is and where it has been.", valueName: "name"),
        completion: GlobalOptions.nameCompletion, transform: GlobalOptions.name)
    var name: EnvironmentName?

    @Option(name: .long, help: "The form of the picture (default: text with a name, else mermaid).")
    var format: Format?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { name }
    var readsStore: Bool { name != nil }

    func validate() throws {
        if format == .text, name == nil { throw ValidationError("--format text is for an environment, with its NAME.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        var current: LifecycleState?
        var history = RunHistory([])
        var steps: [LifecyclePicture.Step] = []
        if let name {
            let stored = try await session.stored(name)
            current = stored.document.state
            history = RunHistory(try await session.repository.historyLines(of: name) ?? [])
            let overview = Overview(
                stored, holder: try await session.repository.holder(of: name), session.providers, doubt: nil,
                in: session.repository.workspace(for: name), next: nil)
            steps = Way(stored.document, overview, history, session.providers).steps
        }
        let visited = history.visited
        let format = format ?? (name == nil ? .mermaid : .text)
        let text =
            switch format {
            case .text: Self.text(history, steps)
            case .svg: LifecyclePicture(name: name, state: current, visited: visited, steps: steps).text
            case .mermaid: Lifecycle.mermaid(current: current, visited: visited)
            case .dot: Lifecycle.dot(current: current, visited: visited)
            }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Answer(
            lines.last == "" ? lines.dropLast() : lines,
            json: Picture(
                environment: name, state: current, visited: LifecycleState.allCases.filter(visited.contains),
                steps: steps.map(PictureStep.init), format: format.rawValue, text: text))
    }

    /// The states in the order in which the environment came into them, and the steps below them.
    private static func text(_ history: RunHistory, _ steps: [LifecyclePicture.Step]) -> String {
        let states = history.states.map(\.rawValue)
        // Of a long life the end is of interest.
        let shown = (states.count > 8 ? ["…"] : []) + states.suffix(8)
        var table = Table(header: ["PHASE", "", "STEP", ""])
        table.rows = steps.map { [$0.command.rawValue, $0.word, $0.name.text, $0.remark] }
        return
            (shown.joined(separator: " -> ").wrapped(at: StandardOutput.columns, indent: "  ")
            + (steps.isEmpty ? [] : [""] + table.lines())).joined(separator: "\n")
    }

    private struct PictureStep: Encodable, Sendable {
        let command: CommandName
        let name: StepName
        /// `done`, `failed`, `stopped`, `running` or `next`.
        let outcome: String
        let remark: String?

        init(_ step: LifecyclePicture.Step) {
            command = step.command
            name = step.name
            outcome = step.word.lowercased()
            remark = step.remark.isEmpty ? nil : step.remark
        }
    }

    private struct Picture: Encodable, Sendable {
        let environment: EnvironmentName?
        let state: LifecycleState?
        let visited: [LifecycleState]
        let steps: [PictureStep]
        let format: String
        let text: String
    }
}
