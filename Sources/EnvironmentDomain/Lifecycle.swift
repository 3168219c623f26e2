/// One transition between two states and the method that makes it.
public struct LifecycleEdge: Hashable, Sendable {
    public let from: LifecycleState
    /// The name of the method of ``Environment``, for example `provisioned(_:)`.
    public let method: String
    public let to: LifecycleState
    /// The phase that the transition belongs to.
    public let phase: Phase
    /// Whether the transition starts a phase again that has started before.
    public let isAgain: Bool
}

/// The table of all transitions.
public enum Lifecycle: Sendable {
    /// All transitions.
    ///
    /// The way forward comes first, in the order of an environment's life; then the transitions that start a phase
    /// again.
    public static let edges: [LifecycleEdge] = forward + again

    private static let forward: [LifecycleEdge] =
        [
            edge(.created, "startProvisioning()", .provisioning, .provision),
            edge(.provisioning, "provisioned(_:)", .provisioned, .provision),
            edge(.provisioning, "provisionFailed(_:)", .provisionFailed, .provision),
            edge(.provisionFailed, "retryProvisioning()", .provisioning, .provision),
            edge(.provisioned, "startConfiguring()", .configuring, .configure),
            edge(.configuring, "configured()", .configured, .configure),
            edge(.configuring, "configureFailed(_:)", .configureFailed, .configure),
            edge(.configureFailed, "retryConfiguring()", .configuring, .configure),
            edge(.configured, "startReleasing()", .releasing, .release),
            edge(.releasing, "released()", .released, .release),
            edge(.releasing, "releaseFailed(_:)", .releaseFailed, .release),
            edge(.releaseFailed, "retryReleasing()", .releasing, .release),
            edge(.released, "startRunning()", .running, .run),
            edge(.running, "runFailed(_:)", .runFailed, .run),
            edge(.runFailed, "retryRunning()", .running, .run),
        ]
        + LifecycleState.allCases.filter { $0 != .destroyed }.map { state in
            edge(state, "destroyed()", .destroyed, .destroy)
        }

    /// A phase can be started again in every state from its own in-progress state on.
    private static let again: [LifecycleEdge] =
        edges("provisionAgain()", .provisioning, .provision)
        + edges("configureAgain()", .configuring, .configure)
        + edges("releaseAgain()", .releasing, .release)
        + edges("runAgain()", .running, .run)

    private static func edges(
        _ method: String, _ to: LifecycleState, _ phase: Phase
    ) -> [LifecycleEdge] {
        LifecycleState.allCases.drop { $0 != to }.filter { $0 != .destroyed }.map { from in
            LifecycleEdge(from: from, method: method, to: to, phase: phase, isAgain: true)
        }
    }

    private static func edge(
        _ from: LifecycleState, _ method: String, _ to: LifecycleState, _ phase: Phase
    ) -> LifecycleEdge {
        LifecycleEdge(from: from, method: method, to: to, phase: phase, isAgain: false)
    }

    /// The methods that start a phase again, each with its target and the states it leaves.
    private static let agains: [(method: String, to: LifecycleState, from: [LifecycleState])] =
        again.reduce(into: []) { agains, edge in
            if agains.last?.method == edge.method {
                agains[agains.count - 1].from.append(edge.from)
            } else {
                agains.append((edge.method, edge.to, [edge.from]))
            }
        }

    /// Returns the table as a Mermaid `stateDiagram-v2`, with the way forward as arrows and a note for each phase that
    /// can be started again.
    ///
    /// - Parameters:
    ///   - current: The present state, which is drawn bold; `nil` for none.
    ///   - visited: Earlier states, which are drawn dashed.
    public static func mermaid(current: LifecycleState? = nil, visited: Set<LifecycleState> = []) -> String {
        var lines = ["stateDiagram-v2", "    [*] --> created"]
        lines += forward.map { "    \($0.from) --> \($0.to) : \($0.method)" }
        lines.append("    destroyed --> [*]")
        lines += agains.flatMap { again in
            [
                "    note left of \(again.to)",
                "        \(again.method) from \(again.from.map(\.rawValue).joined(separator: ", "))",
                "    end note",
            ]
        }
        let earlier = LifecycleState.allCases.filter { visited.contains($0) && $0 != current }
        if !earlier.isEmpty {
            let names = earlier.map(\.rawValue).joined(separator: ",")
            lines += ["    classDef visited stroke-dasharray:4", "    class \(names) visited"]
        }
        if let current {
            lines += ["    classDef current font-weight:bold,stroke-width:4px", "    class \(current) current"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns the table as a Graphviz `digraph`, with the way forward as arrows and a note for each phase that can be
    /// started again.
    ///
    /// - Parameters:
    ///   - current: The present state, which is drawn bold; `nil` for none.
    ///   - visited: Earlier states, which are drawn dashed.
    public static func dot(current: LifecycleState? = nil, visited: Set<LifecycleState> = []) -> String {
        var lines = ["digraph lifecycle {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
        for state in LifecycleState.allCases where visited.contains(state) && state != current {
            lines.append("    \(state) [style=\"rounded,dashed\"];")
        }
        if let current { lines.append("    \(current) [penwidth=3];") }
        lines += forward.map { "    \($0.from) -> \($0.to) [label=\"\($0.method)\"];" }
        for again in agains {
            let from = again.from.map(\.rawValue).joined(separator: "\\n")
            lines.append("    again_\(again.to) [shape=note, style=\"\", label=\"\(again.method)\\nfrom \(from)\"];")
            lines.append("    again_\(again.to) -> \(again.to) [style=dashed];")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }
}
