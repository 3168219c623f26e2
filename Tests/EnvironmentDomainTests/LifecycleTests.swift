import EnvironmentDomain
import Testing

@Suite("The table of transitions")
struct LifecycleTests {
    /// The table of `architecture.md`, row by row, but for its last row, which holds for 12 states.
    static let rows: [(from: LifecycleState, method: String, to: LifecycleState, command: CommandName)] = [
        (.created, "startProvisioning()", .provisioning, .provision),
        (.provisioning, "provisioned(_:)", .provisioned, .provision),
        (.provisioning, "provisionFailed(_:)", .provisionFailed, .provision),
        (.provisionFailed, "retryProvisioning()", .provisioning, .provision),
        (.provisioned, "startConfiguring()", .configuring, .configure),
        (.configuring, "configured()", .configured, .configure),
        (.configuring, "configureFailed(_:)", .configureFailed, .configure),
        (.configureFailed, "retryConfiguring()", .configuring, .configure),
        (.configured, "startReleasing()", .releasing, .release),
        (.releasing, "released()", .released, .release),
        (.releasing, "releaseFailed(_:)", .releaseFailed, .release),
        (.releaseFailed, "retryReleasing()", .releasing, .release),
        (.released, "startRunning()", .running, .run),
        (.running, "runFailed(_:)", .runFailed, .run),
        (.runFailed, "retryRunning()", .running, .run),
    ]
    static let destroyable: [LifecycleState] = [
        .created, .provisioning, .provisioned, .provisionFailed, .configuring, .configured, .configureFailed,
        .releasing, .released, .releaseFailed, .running, .runFailed,
    ]
    static let expected = rows + destroyable.map { ($0, "destroyed()", .destroyed, .destroy) }

    @Test("It has exactly the rows of the design, in that order")
    func edges() {
        #expect(Lifecycle.edges.count == 27)
        #expect(Set(Lifecycle.edges).count == 27)
        #expect(Lifecycle.edges.map(\.from) == Self.expected.map(\.from))
        #expect(Lifecycle.edges.map(\.method) == Self.expected.map(\.method))
        #expect(Lifecycle.edges.map(\.to) == Self.expected.map(\.to))
        #expect(Lifecycle.edges.map(\.command) == Self.expected.map(\.command))
    }

    static let nextStates: [(state: LifecycleState, next: Set<LifecycleState>)] = [
        (.created, [.provisioning, .destroyed]),
        (.provisioning, [.provisioned, .provisionFailed, .destroyed]),
        (.provisionFailed, [.provisioning, .destroyed]),
        (.provisioned, [.configuring, .destroyed]),
        (.configuring, [.configured, .configureFailed, .destroyed]),
        (.configureFailed, [.configuring, .destroyed]),
        (.configured, [.releasing, .destroyed]),
        (.releasing, [.released, .releaseFailed, .destroyed]),
        (.releaseFailed, [.releasing, .destroyed]),
        (.released, [.running, .destroyed]),
        (.running, [.runFailed, .destroyed]),
        (.runFailed, [.running, .destroyed]),
        (.destroyed, []),
    ]

    @Test("Each state has these successors", arguments: nextStates)
    func successors(state: LifecycleState, successors: Set<LifecycleState>) {
        #expect(state.successors == successors)
        #expect(state.isTerminal == successors.isEmpty)
    }

    @Test("Every state can be reached from created")
    func reachable() {
        var found: Set<LifecycleState> = []
        var open: Set<LifecycleState> = [.created]
        while let state = open.popFirst() {
            found.insert(state)
            open.formUnion(state.successors.subtracting(found))
        }
        #expect(found == Set(LifecycleState.allCases))
    }

    @Test("The Mermaid diagram is this text")
    func mermaid() {
        let lines =
            ["stateDiagram-v2", "    [*] --> created"]
            + Self.expected.map { "    \($0.from.rawValue) --> \($0.to.rawValue) : \($0.method)" }
            + ["    destroyed --> [*]", ""]
        #expect(Lifecycle.mermaid() == lines.joined(separator: "\n"))
        #expect(Lifecycle.mermaid().contains("\n    run_failed --> running : retryRunning()\n"))
    }

    @Test("The Mermaid diagram marks the current state", arguments: LifecycleState.allCases)
    func currentInMermaid(state: LifecycleState) {
        #expect(
            Lifecycle.mermaid(current: state)
                == Lifecycle.mermaid() + "    classDef current font-weight:bold,stroke-width:4px\n"
                + "    class \(state.rawValue) current\n")
    }

    @Test("The DOT diagram is this text")
    func dot() {
        let lines =
            ["digraph lifecycle {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
            + Self.expected.map { "    \($0.from.rawValue) -> \($0.to.rawValue) [label=\"\($0.method)\"];" }
            + ["}", ""]
        #expect(Lifecycle.dot() == lines.joined(separator: "\n"))
        #expect(Lifecycle.dot().contains("\n    run_failed -> running [label=\"retryRunning()\"];\n"))
    }

    @Test("The DOT diagram marks the current state", arguments: LifecycleState.allCases)
    func currentInDOT(state: LifecycleState) {
        let mark = "    \(state.rawValue) [penwidth=3];\n"
        #expect(Lifecycle.dot(current: state).contains(mark))
        #expect(Lifecycle.dot(current: state).replacing(mark, with: "") == Lifecycle.dot())
    }
}
