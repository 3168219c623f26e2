/// A deployment environment whose lifecycle state is part of its type, as a value that can be used once.
///
/// Every transition consumes the environment and returns the next one, so that using it after a transition, using
/// it twice or copying it does not compile. What is stored and compared is its ``snapshot``. Whether a handle is still
/// what is stored is for the repository to say, when a command takes the environment's lease.
public struct Environment<State: EnvironmentState>: ~Copyable, Sendable {
    /// The picture of the environment as it is now.
    public package(set) var snapshot: EnvironmentSnapshot<State>

    package init(_ snapshot: EnvironmentSnapshot<State>) {
        self.snapshot = snapshot
    }

    public var name: EnvironmentName { snapshot.context.name }
    public var instanceName: InstanceName { snapshot.context.instanceName }
    /// The account on the instance; `nil` for an environment whose steps do not log in.
    public var sshCredentials: SSHCredentials? { snapshot.context.sshCredentials }
    public var sshPort: SSHPort { snapshot.context.sshPort }
    public var sshJump: SSHJump? { snapshot.context.sshJump }
    public var createdAt: Timestamp { snapshot.context.createdAt }
    public var provider: ProviderReference { snapshot.context.provider }
    /// The outputs of steps, by name.
    public var outputs: [String: String] { snapshot.context.outputs }
    /// The parameters that the steps get, by name.
    public var parameters: [ParameterName: String] { snapshot.context.parameters }
    public var state: State { snapshot.state }
    /// The same picture without the state in its type.
    public var erased: AnyEnvironmentState { snapshot.erased }

    /// Builds the environment's next state and logs the transition: the only place that does either.
    consuming func withState<Next: EnvironmentState>(_ next: Next) -> Environment<Next> {
        let context = snapshot.context
        EnvironmentLog.transition(context, from: State.name, to: Next.name)
        return Environment<Next>(EnvironmentSnapshot(context: context, state: next))
    }
}

extension Environment<Created> {
    /// Describes a new environment; nothing is stored, made or logged yet.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - instanceName: What the instance is called; `nil` for `env-` and the name.
    ///   - sshCredentials: The account on the instance; `nil` for an environment whose steps do not log in.
    ///   - sshPort: The port of the instance's SSH server.
    ///   - sshJump: The SSH servers on the way to the instance; `nil` for a direct way.
    ///   - provider: The provider that the environment is made with.
    ///   - createdAt: When it is created.
    public init(
        name: EnvironmentName, instanceName: InstanceName? = nil, sshCredentials: SSHCredentials? = nil,
        sshPort: SSHPort = .standard, sshJump: SSHJump? = nil,
        provider: ProviderReference = ProviderReference(kind: .local),
        createdAt: Timestamp = .now()
    ) {
        let context = EnvironmentContext(
            name: name, instanceName: instanceName ?? InstanceName(for: name), sshCredentials: sshCredentials,
            sshPort: sshPort, sshJump: sshJump, createdAt: createdAt, provider: provider)
        self.init(EnvironmentSnapshot(context: context, state: Created()))
    }
}

extension Environment where State: ProvisionedState {
    /// Where the instance answers.
    public var instanceAddress: InstanceAddress { state.instance.address }
}

extension Environment where State: DestroyableState {
    /// Records that what was made is gone.
    public consuming func destroyed() -> Environment<Destroyed> {
        var gone = snapshot
        gone.context.destruction = nil
        return Environment(gone).withState(Destroyed())
    }
}
