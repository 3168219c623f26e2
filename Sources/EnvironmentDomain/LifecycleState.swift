/// The name of a state that an environment can be in; the raw value is the name in logs, in the history and on the
/// command line.
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

    /// Whether a command ended here because one of its steps failed.
    public var isError: Bool { rawValue.hasSuffix("_failed") }

    /// Whether this is not a failed state.
    public var isSuccess: Bool { !isError }

    /// Whether no transition leaves this state.
    public var isTerminal: Bool { successors.isEmpty }

    /// The states that a transition can lead to from here.
    public var successors: Set<LifecycleState> {
        Set(Lifecycle.edges.lazy.filter { $0.from == self }.map(\.to))
    }

    /// The command that leads on from here, apart from `destroy`; nil where there is none.
    public var command: CommandName? {
        Lifecycle.edges.first { $0.from == self && $0.phase != .destroy }?.phase.command
    }
}
