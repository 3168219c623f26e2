import CommandLineProgram
public import EnvironmentDomain

/// The lifecycle as an SVG file that needs nothing beside it, with the state of an environment and the steps of its way.
public struct LifecyclePicture: Sendable {
    private let name: EnvironmentName?
    private let state: LifecycleState?
    private let visited: Set<LifecycleState>
    private let steps: [Step]

    /// A step of the way, done or still to do.
    public struct Step: Sendable {
        /// The command whose step it is.
        public let command: CommandName
        /// The step's name.
        public let name: StepName
        /// How it ended, or that it comes next, in a word.
        public let word: String
        /// What is said beside it, such as how long it took.
        public let remark: String
        /// Whether the word is shown as that of something done, failed, waiting or still to do.
        public let outcome: RecordedRun.Outcome?

        /// Describes a step; `outcome` is `nil` for one that is still to do.
        public init(command: CommandName, name: StepName, word: String, remark: String, outcome: RecordedRun.Outcome?) {
            self.command = command
            self.name = name
            self.word = word
            self.remark = remark
            self.outcome = outcome
        }
    }

    /// Describes a picture; without a name it is that of every environment.
    public init(
        name: EnvironmentName? = nil, state: LifecycleState? = nil, visited: Set<LifecycleState> = [],
        steps: [Step] = []
    ) {
        self.name = name
        self.state = state
        self.visited = visited
        self.steps = steps
    }

    private static let rowHeight = 20

    /// The text of the SVG file.
    public var text: String {
        let layout = LifecycleDrawing.wide
        let top = name == nil ? 10 : 40
        let list = top + layout.height + 30
        let height = steps.isEmpty ? top + layout.height + 10 : list + Self.rowHeight * steps.count
        let width = layout.width + 20
        let title: HTML? = name.map { name in
            let state = state.map { " is in state \($0.rawValue)" } ?? ""
            return "<text class=\"title\" x=\"12\" y=\"26\">\(name.text)\(state)</text>"
        }
        let picture: HTML = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            role="img">
            <title>\(name.map { "The lifecycle of \($0)" } ?? "The lifecycle of an environment")</title>
            <style>\(HTML(stringLiteral: style))</style>
            <rect width="\(width)" height="\(height)" fill="#ffffff"/>
            \(title)<g transform="translate(10 \(top))">\(LifecycleDrawing.contents(layout))</g>
            \(steps.enumerated().map { row($1, at: list + Self.rowHeight * $0) })</svg>

            """
        return picture.text
    }

    private func row(_ step: Step, at y: Int) -> HTML {
        let remark = String(step.remark.onOneLine.prefix(columns: 90))
        return """
            <text class="row" x="12" y="\(y)">\(step.command.rawValue)</text>\
            <text class="row \(HTML(stringLiteral: Self.tone(step.outcome)))" x="100" y="\(y)">\(step.word)</text>\
            <text class="row" x="180" y="\(y)">\(step.name.text)</text>\
            <text class="row idle" x="440" y="\(y)">\(remark)</text>

            """
    }

    private static func tone(_ outcome: RecordedRun.Outcome?) -> String {
        switch outcome {
        case .completed: "done"
        case .failed: "failed"
        case .interrupted, .working: "waiting"
        case .unknown, nil: "idle"
        }
    }

    /// Plain colours, which every viewer of SVG knows.
    private var style: String {
        let earlier = visited.subtracting([state].compactMap(\.self)).sorted { $0.rawValue < $1.rawValue }
        let marks =
            earlier.map { ".s-\($0.rawValue) rect{stroke:#7d828b}.s-\($0.rawValue) text{fill:#1d1f23}" }
            + [state].compactMap(\.self).map {
                let fill = $0.isError ? "#b0281f" : "#1d6a41"
                return ".s-\($0.rawValue) rect{fill:\(fill);stroke:\(fill)}.s-\($0.rawValue) text{fill:#ffffff}"
            }
        return """
            text{font-family:sans-serif;fill:#1d1f23}.title{font-size:16px;font-weight:bold}.row{font-size:13px}
            .s rect{fill:#ffffff;stroke:#e2e2dc}.s text{font-size:11.5px;text-anchor:middle;fill:#5a5f67}
            .note{font-size:11px;fill:#5a5f67}.arrow{fill:none;stroke:#7d828b;stroke-width:1.2}
            .done{fill:#1d6a41}.failed{fill:#b0281f}.waiting{fill:#835000}.idle{fill:#5a5f67}
            """ + marks.joined()
    }
}
