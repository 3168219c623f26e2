import EnvironmentDomain

/// The lifecycle as a picture, drawn once in a page; each environment shows it with its own states marked.
enum LifecycleDrawing {
    /// A place for each state, and the size of the picture.
    struct Layout {
        let name: String
        let width: Int
        let height: Int
        let box: (width: Int, height: Int)
        let center: @Sendable (LifecycleState) -> (x: Int, y: Int)
        /// The arrow to `destroyed`, which begins at the note "from every state".
        let removal: HTML
        /// Where the sentences are.
        let notes: [(x: Int, y: Int, text: String)]
    }

    /// The states on the way forward, each failed state beside the one that it comes from.
    private static let way: [LifecycleState] = LifecycleState.allCases.filter { !$0.isError }

    private static func position(_ state: LifecycleState) -> Int {
        let isBefore = Lifecycle.edges.first { $0.to == state && state.isError }?.from
        return way.firstIndex(of: isBefore ?? state) ?? 0
    }

    private static let again = ["A phase that was begun can be begun", "again from its first step."]
    private static let removal = "from every state"

    static let wide = Layout(
        name: "lifecycle-wide", width: 1040, height: 134, box: (96, 30),
        center: { (50 + 117 * position($0), $0.isError ? 90 : 21) },
        removal: "M986 60L986 37M983 42L986 37L989 42",
        notes: [(986, 74, removal), (1034, 128, again.joined(separator: " "))])
    private static let tall = Layout(
        name: "lifecycle-tall", width: 320, height: 434, box: (124, 30),
        center: { ($0.isError ? 246 : 66, 17 + 44 * position($0)) },
        removal: "M176 369L129 369M134 366L129 369L134 372",
        notes: [(278, 373, removal), (308, 412, again[0]), (308, 428, again[1])])

    /// The drawings, for the body of the page.
    static var definitions: HTML {
        """
        <svg class="definitions" width="0" height="0" aria-hidden="true">\(symbol(wide))\(symbol(tall))</svg>
        """
    }

    /// The drawing with the environment's state and its earlier states marked.
    static func figure(of state: LifecycleState, visited: Set<LifecycleState>) -> HTML {
        let earlier = LifecycleState.allCases.filter { visited.contains($0) && $0 != state }
        let marks = (["now-\(state)"] + earlier.map { "was-\($0)" }).joined(separator: " ")
        let been = earlier.isEmpty ? "" : "; it has been \(earlier.map(\.rawValue).joined(separator: ", "))"
        func drawing(_ layout: Layout, _ name: String) -> HTML {
            """
            <svg class="\(name)" viewBox="0 0 \(layout.width) \(layout.height)" aria-hidden="true">\
            <use href="#\(layout.name)"/></svg>
            """
        }
        return """
            <div class="lifecycle \(marks)" role="img" aria-label="Lifecycle: it is \(state.rawValue)\(been)">\
            \(drawing(wide, "wide"))\(drawing(tall, "tall"))</div>
            """
    }

    private static func symbol(_ layout: Layout) -> HTML {
        """
        <symbol id="\(layout.name)" viewBox="0 0 \(layout.width) \(layout.height)">\(contents(layout))</symbol>
        """
    }

    /// The arrows, the boxes and the sentences.
    static func contents(_ layout: Layout) -> HTML {
        let edges = Lifecycle.edges.filter { !$0.isAgain && $0.phase != .destroy }
        let arrows = edges.map { edge in
            arrow(edge, hasWayBack: edges.contains { $0.from == edge.to && $0.to == edge.from }, layout)
        }
        let boxes = LifecycleState.allCases.map { state -> HTML in
            let (x, y) = layout.center(state)
            let (width, height) = layout.box
            return """
                <g class="s s-\(state.rawValue)"><rect x="\(x - width / 2)" y="\(y - height / 2)" width="\(width)" \
                height="\(height)" rx="7"/><text x="\(x)" y="\(y + 4)">\(state.rawValue)</text></g>
                """
        }
        let notes = layout.notes.enumerated().map { index, note -> HTML in
            let anchor: HTML = index == 0 && layout.width > 400 ? "middle" : "end"
            return "<text class=\"note\" x=\"\(note.x)\" y=\"\(note.y)\" text-anchor=\"\(anchor)\">\(note.text)</text>"
        }
        return "\(arrows)<path class=\"arrow removal\" d=\"\(layout.removal)\"/>\(boxes)\(notes)"
    }

    /// An arrow between two boxes that are beside or below each other.
    private static func arrow(_ edge: LifecycleEdge, hasWayBack: Bool, _ layout: Layout) -> HTML {
        let (from, to) = (layout.center(edge.from), layout.center(edge.to))
        let (dx, dy) = ((to.x - from.x).signum(), (to.y - from.y).signum())
        // A way back runs beside the way there.
        let side = hasWayBack ? 7 : 0
        let (startX, startY) = (
            from.x + dx * layout.box.width / 2 - dy * side, from.y + dy * layout.box.height / 2 + dx * side
        )
        let (endX, endY) = (
            to.x - dx * layout.box.width / 2 - dy * side, to.y - dy * layout.box.height / 2 + dx * side
        )
        let tip =
            "M\(endX - 5 * dx - 3 * dy) \(endY - 5 * dy - 3 * dx)L\(endX) \(endY)L\(endX - 5 * dx + 3 * dy) "
            + "\(endY - 5 * dy + 3 * dx)"
        return "<path class=\"arrow\" d=\"M\(startX) \(startY)L\(endX) \(endY)\(tip)\"/>"
    }
}
