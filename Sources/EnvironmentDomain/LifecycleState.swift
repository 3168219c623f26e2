/// The name of a state; the raw value is the name in logs, in the history and on the command line.
public enum LifecycleState: String, CaseIterable, Codable, Hashable, Sendable, CustomStringConvertible {
    case created
    case provisioning
    case provisioned
    case provisionFailed = "provision_failed"
    case configuring
    case configured
    case configureFailed = "configure_failed"
    case releasing
    case released
    case releaseFailed = "release_failed"
    case running
    case runFailed = "run_failed"
    case destroyed

    public var description: String { rawValue }

    /// The name of the state's type, which is its key in stored documents: `ProvisionFailed`.
    public var typeName: String {
        var name: [UInt8] = []
        var isStart = true
        for byte in rawValue.utf8 {
            if byte != UInt8(ascii: "_") { name.append(isStart ? byte - 32 : byte) }
            isStart = byte == UInt8(ascii: "_")
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether the state says that a step of a command failed.
    public var isError: Bool { rawValue.hasSuffix("_failed") }

    /// Whether the state is not a failed one.
    public var isSuccess: Bool { !isError }

    /// Whether no transition leaves the state.
    public var isTerminal: Bool { successors.isEmpty }

    /// The states that one transition can reach from this state.
    public var successors: Set<LifecycleState> {
        Set(Lifecycle.edges.lazy.filter { $0.from == self }.map(\.to))
    }

    /// The command whose phase the transitions from this state belong to, apart from `destroy`; `nil` for
    /// ``destroyed``.
    public var command: CommandName? {
        Lifecycle.edges.first { $0.from == self && $0.phase != .destroy }?.phase.command
    }
}
