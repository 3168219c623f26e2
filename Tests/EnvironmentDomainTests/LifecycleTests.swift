import EnvironmentDomain
import Testing

@Suite("The table of transitions")
struct LifecycleTests {
    /// The forward edges of `lifecycle.md`, row by row, without the last row, which applies to 12 states.
    static let rows: [(from: LifecycleState, method: String, to: LifecycleState, phase: Phase)] = [
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
    static let forward = rows + destroyable.map { ($0, "destroyed()", .destroyed, .destroy) }
    /// The edges of `lifecycle.md` that start a phase again: the method, the target, the phase and the states that they
    /// leave.
    static let agains: [(method: String, to: LifecycleState, phase: Phase, from: [LifecycleState])] = [
        (
            "provisionAgain()", .provisioning, .provision,
            [
                .provisioning, .provisioned, .provisionFailed, .configuring, .configured, .configureFailed,
                .releasing, .released, .releaseFailed, .running, .runFailed,
            ]
        ),
        (
            "configureAgain()", .configuring, .configure,
            [
                .configuring, .configured, .configureFailed, .releasing, .released, .releaseFailed, .running,
                .runFailed,
            ]
        ),
        ("releaseAgain()", .releasing, .release, [.releasing, .released, .releaseFailed, .running, .runFailed]),
        ("runAgain()", .running, .run, [.running, .runFailed]),
    ]
    static let expected =
        forward + agains.flatMap { again in again.from.map { ($0, again.method, again.to, again.phase) } }

    @Test("It has exactly the rows of the design, in that order")
    func edges() {
        #expect(Lifecycle.edges.count == 53)
        #expect(Set(Lifecycle.edges).count == 53)
        #expect(Lifecycle.edges.count { $0.isAgain } == 26)
        #expect(Lifecycle.edges.map(\.isAgain) == Self.expected.map { $0.method.hasSuffix("Again()") })
        #expect(Lifecycle.edges.map(\.from) == Self.expected.map(\.from))
        #expect(Lifecycle.edges.map(\.method) == Self.expected.map(\.method))
        #expect(Lifecycle.edges.map(\.to) == Self.expected.map(\.to))
        #expect(Lifecycle.edges.map(\.phase) == Self.expected.map(\.phase))
    }

    static let nextStates: [(state: LifecycleState, next: Set<LifecycleState>)] = [
        (.created, [.provisioning, .destroyed]),
        (.provisioning, [.provisioning, .provisioned, .provisionFailed, .destroyed]),
        (.provisionFailed, [.provisioning, .destroyed]),
        (.provisioned, [.provisioning, .configuring, .destroyed]),
        (.configuring, [.provisioning, .configuring, .configured, .configureFailed, .destroyed]),
        (.configureFailed, [.provisioning, .configuring, .destroyed]),
        (.configured, [.provisioning, .configuring, .releasing, .destroyed]),
        (.releasing, [.provisioning, .configuring, .releasing, .released, .releaseFailed, .destroyed]),
        (.releaseFailed, [.provisioning, .configuring, .releasing, .destroyed]),
        (.released, [.provisioning, .configuring, .releasing, .running, .destroyed]),
        (.running, [.provisioning, .configuring, .releasing, .running, .runFailed, .destroyed]),
        (.runFailed, [.provisioning, .configuring, .releasing, .running, .destroyed]),
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

    @Test("The Mermaid diagram has this text")
    func mermaid() {
        let lines =
            ["stateDiagram-v2", "    [*] --> created"]
            + Self.forward.map { "    \($0.from.rawValue) --> \($0.to.rawValue) : \($0.method)" }
            + ["    destroyed --> [*]"]
            + Self.agains.flatMap { again in
                [
                    "    note left of \(again.to.rawValue)",
                    "        \(again.method) from \(again.from.map(\.rawValue).joined(separator: ", "))",
                    "    end note",
                ]
            } + [""]
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

    @Test("The DOT diagram has this text")
    func dot() {
        let lines =
            ["digraph lifecycle {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
            + Self.forward.map { "    \($0.from.rawValue) -> \($0.to.rawValue) [label=\"\($0.method)\"];" }
            + Self.agains.flatMap { again in
                let from = again.from.map(\.rawValue).joined(separator: "\\n")
                return [
                    "    again_\(again.to) [shape=note, style=\"\", label=\"\(again.method)\\nfrom \(from)\"];",
                    "    again_\(again.to) -> \(again.to) [style=dashed];",
                ]
            } + ["}", ""]
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
