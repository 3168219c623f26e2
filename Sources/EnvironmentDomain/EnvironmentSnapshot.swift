/// The picture of an environment in one state: what is stored, compared and carried by errors.
///
/// A snapshot can be copied and gives no right to change anything; ``Environment`` is the handle that does. It is
/// decoded through ``AnyEnvironmentState`` only, so that no text can claim a state of its own.
public struct EnvironmentSnapshot<State: EnvironmentState>: Encodable, Hashable, Sendable {
    public package(set) var context: EnvironmentContext
    public package(set) var state: State

    package init(context: EnvironmentContext, state: State) {
        self.context = context
        self.state = state
    }

    /// The same picture without the state in its type.
    public var erased: AnyEnvironmentState { State.erase(self) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: SnapshotKey.self)
        context = EnvironmentContext(
            name: try container.decode(EnvironmentName.self, forKey: .name),
            instanceName: try container.decode(InstanceName.self, forKey: .instanceName),
            sshCredentials: try container.decode(SSHCredentials.self, forKey: .sshCredentials),
            sshPort: try container.decode(SSHPort.self, forKey: .sshPort),
            createdAt: try container.decode(Timestamp.self, forKey: .createdAt),
            provider: try container.decode(ProviderReference.self, forKey: .provider),
            outputs: try container.decode([String: String].self, forKey: .outputs),
            parameters: try container.decodeIfPresent([ParameterName: String].self, forKey: .parameters) ?? [:],
            completed: try container.decodeIfPresent([Phase: CompletedPhase].self, forKey: .completed) ?? [:],
            destruction: try container.decodeIfPresent(Destruction.self, forKey: .destruction),
            freeze: try container.decodeIfPresent(Freeze.self, forKey: .freeze))
        state = try container.decode(State.self, forKey: .state)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: SnapshotKey.self)
        try container.encode(context.name, forKey: .name)
        try container.encode(context.instanceName, forKey: .instanceName)
        try container.encode(context.sshCredentials, forKey: .sshCredentials)
        try container.encode(context.sshPort, forKey: .sshPort)
        try container.encode(context.createdAt, forKey: .createdAt)
        try container.encode(context.provider, forKey: .provider)
        try container.encode(context.outputs, forKey: .outputs)
        if !context.parameters.isEmpty { try container.encode(context.parameters, forKey: .parameters) }
        if !context.completed.isEmpty { try container.encode(context.completed, forKey: .completed) }
        try container.encodeIfPresent(context.destruction, forKey: .destruction)
        try container.encodeIfPresent(context.freeze, forKey: .freeze)
        try container.encode(state, forKey: .state)
    }
}

private enum SnapshotKey: String, CodingKey {
    case name, outputs, provider, parameters, completed, destruction, freeze, state
    case instanceName = "instance_name"
    case sshCredentials = "ssh_credentials"
    case sshPort = "ssh_port"
    case createdAt = "created_at"
}
