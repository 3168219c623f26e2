/// The properties of an environment that do not depend on its state.
public struct EnvironmentContext: Hashable, Sendable {
    public let name: EnvironmentName
    public let instanceName: InstanceName
    /// The account on the instance; `nil` for an environment whose steps do not log in.
    public let sshCredentials: SSHCredentials?
    public let sshPort: SSHPort
    /// The SSH servers on the way to the instance; `nil` for a direct connection.
    public let sshJump: SSHJump?
    public let createdAt: Timestamp
    public package(set) var provider: ProviderReference
    /// The outputs that steps have set, by name.
    public package(set) var outputs: [String: String]
    /// The parameters that steps receive, by name.
    public package(set) var parameters: [ParameterName: String]
    /// The completed phases, each with the inputs that it was completed with.
    public package(set) var completed: [Phase: CompletedPhase]
    /// The destroy that has started and is not complete; `nil` for none.
    public package(set) var destruction: Destruction?
    /// The rollback that has started and is not complete; `nil` for none.
    public package(set) var rollback: Rollback?
    /// A stored request that no command change the environment; `nil` for none.
    public package(set) var freeze: Freeze?

    init(
        name: EnvironmentName, instanceName: InstanceName, sshCredentials: SSHCredentials?, sshPort: SSHPort,
        sshJump: SSHJump? = nil, createdAt: Timestamp, provider: ProviderReference, outputs: [String: String] = [:],
        parameters: [ParameterName: String] = [:], completed: [Phase: CompletedPhase] = [:],
        destruction: Destruction? = nil, rollback: Rollback? = nil, freeze: Freeze? = nil
    ) {
        self.name = name
        self.instanceName = instanceName
        self.sshCredentials = sshCredentials
        self.sshPort = sshPort
        self.sshJump = sshJump
        self.createdAt = createdAt
        self.provider = provider
        self.outputs = outputs
        self.parameters = parameters
        self.completed = completed
        self.destruction = destruction
        self.rollback = rollback
        self.freeze = freeze
    }
}

extension EnvironmentContext {
    /// Writes the context's members, in the order of their names; the member `state` follows them.
    func store(in members: StoredMemberWriter) throws {
        if !completed.isEmpty { try members.write(StoredPhases(completed), as: "completed") }
        try members.write(createdAt, as: "created_at")
        try members.writeIfPresent(destruction, as: "destruction")
        try members.writeIfPresent(freeze, as: "freeze")
        try members.write(instanceName, as: "instance_name")
        try members.write(name, as: "name")
        try members.write(StoredTexts(outputs), as: "outputs")
        if !parameters.isEmpty { try members.write(StoredTexts(parameters), as: "parameters") }
        try members.write(provider, as: "provider")
        try members.writeIfPresent(rollback, as: "rollback")
        try members.writeIfPresent(sshCredentials, as: "ssh_credentials")
        try members.writeIfPresent(sshJump, as: "ssh_jump")
        try members.write(sshPort.number, as: "ssh_port")
    }

    init(stored members: StoredMemberReader) throws {
        completed = try (members.optional("completed") as StoredPhases?)?.phases ?? [:]
        createdAt = try members.required("created_at")
        destruction = try members.optional("destruction")
        freeze = try members.optional("freeze")
        instanceName = try members.required("instance_name")
        name = try members.required("name")
        outputs = try (members.required("outputs") as StoredTexts).texts
        parameters = try (members.optional("parameters") as StoredTexts?)?.named(in: members) ?? [:]
        provider = try members.required("provider")
        rollback = try members.optional("rollback")
        sshCredentials = try members.optional("ssh_credentials")
        sshJump = try members.optional("ssh_jump")
        let port: Int = try members.required("ssh_port")
        do throws(InvalidValue) { sshPort = try SSHPort(port) } catch {
            throw members.invalid("ssh_port", error.description)
        }
    }
}

/// A destroy that has started and is not complete.
///
/// The environment stays in the state it was in until the last step of the destroy is completed.
public struct Destruction: Hashable, Sendable {
    public package(set) var progress: StepProgress
    /// The failure that ended the newest run; `nil` while a run continues or after it was interrupted.
    public package(set) var failure: StepFailure?

    package init(progress: StepProgress, failure: StepFailure? = nil) {
        self.progress = progress
        self.failure = failure
    }
}

extension Destruction: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.writeIfPresent(failure, as: "failure")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        failure = try members.optional("failure")
        progress = try members.required("progress")
    }
}
