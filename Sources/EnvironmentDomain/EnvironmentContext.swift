/// What an environment is, whatever its state.
public struct EnvironmentContext: Hashable, Sendable {
    public let name: EnvironmentName
    public let instanceName: InstanceName
    public let sshCredentials: SSHCredentials
    public let sshPort: SSHPort
    public let createdAt: Timestamp
    public package(set) var provider: ProviderReference
    /// Everything that steps handed on, by name.
    public package(set) var outputs: [String: String]
    /// The parameters that the steps get, by name.
    public package(set) var parameters: [ParameterName: String]
    /// The phases that are complete, each with the inputs that it was completed with.
    public package(set) var completed: [Phase: CompletedPhase]
    /// A destroy that was begun and is not finished.
    public package(set) var destruction: Destruction?
    /// A person's word that the environment is to stay as it is; nil when nobody gave it.
    public package(set) var freeze: Freeze?

    init(
        name: EnvironmentName, instanceName: InstanceName, sshCredentials: SSHCredentials, sshPort: SSHPort,
        createdAt: Timestamp, provider: ProviderReference, outputs: [String: String] = [:],
        parameters: [ParameterName: String] = [:], completed: [Phase: CompletedPhase] = [:],
        destruction: Destruction? = nil, freeze: Freeze? = nil
    ) {
        self.name = name
        self.instanceName = instanceName
        self.sshCredentials = sshCredentials
        self.sshPort = sshPort
        self.createdAt = createdAt
        self.provider = provider
        self.outputs = outputs
        self.parameters = parameters
        self.completed = completed
        self.destruction = destruction
        self.freeze = freeze
    }
}

/// A destroy on its way.
///
/// The environment stays in the state it was in until the last step is done.
public struct Destruction: Codable, Hashable, Sendable {
    public package(set) var progress: StepProgress
    /// Why the newest run ended early; nil while one runs or was interrupted.
    public package(set) var failure: StepFailure?

    package init(progress: StepProgress, failure: StepFailure? = nil) {
        self.progress = progress
        self.failure = failure
    }
}
