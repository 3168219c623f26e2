/// One transition: the method that makes it, on which state, and the state it leads to.
public struct LifecycleEdge: Hashable, Sendable {
    public let from: LifecycleState
    /// The method of ``Environment`` as Swift writes it, for example `provisioned(_:)`.
    public let method: String
    public let to: LifecycleState
    /// The command that makes the transition.
    public let command: CommandName
}

/// The table of all transitions.
public enum Lifecycle: Sendable {
    /// Every transition there is, in the order of an environment's life.
    public static let edges: [LifecycleEdge] =
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

    private static func edge(
        _ from: LifecycleState, _ method: String, _ to: LifecycleState, _ command: CommandName
    ) -> LifecycleEdge {
        LifecycleEdge(from: from, method: method, to: to, command: command)
    }

    /// The table as a Mermaid `stateDiagram-v2`.
    ///
    /// - Parameters:
    ///   - current: a state to mark as the one where an environment stands.
    ///   - visited: states to mark as those where it has been.
    public static func mermaid(current: LifecycleState? = nil, visited: Set<LifecycleState> = []) -> String {
        var lines = ["stateDiagram-v2", "    [*] --> created"]
        lines += edges.map { "    \($0.from) --> \($0.to) : \($0.method)" }
        lines.append("    destroyed --> [*]")
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

    /// The table as a Graphviz `digraph`.
    ///
    /// - Parameters:
    ///   - current: a state to mark as the one where an environment stands.
    ///   - visited: states to mark as those where it has been.
    public static func dot(current: LifecycleState? = nil, visited: Set<LifecycleState> = []) -> String {
        var lines = ["digraph lifecycle {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
        for state in LifecycleState.allCases where visited.contains(state) && state != current {
            lines.append("    \(state) [style=\"rounded,dashed\"];")
        }
        if let current { lines.append("    \(current) [penwidth=3];") }
        lines += edges.map { "    \($0.from) -> \($0.to) [label=\"\($0.method)\"];" }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }
}
