/// A handle of a deployment environment, with the lifecycle state as a part of its type; it can be used once.
///
/// Every transition consumes the handle and returns the next one, so that using a handle after a transition, using it
/// twice or copying it does not compile. The ``snapshot`` can be copied, compared and stored. When a command takes the
/// environment's lease, it compares the handle with the stored environment.
public struct Environment<State: EnvironmentState>: ~Copyable, Sendable {
    /// The environment's present context and state, as a value that can be copied.
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
    /// The outputs that steps have set, by name.
    public var outputs: [String: String] { snapshot.context.outputs }
    /// The parameters that steps receive, by name.
    public var parameters: [ParameterName: String] { snapshot.context.parameters }
    public var state: State { snapshot.state }
    /// The snapshot without the state in its type.
    public var erased: AnyEnvironmentState { snapshot.erased }

    /// Returns the environment in its next state and logs the transition; no other function does either.
    consuming func withState<Next: EnvironmentState>(_ next: Next) -> Environment<Next> {
        let context = snapshot.context
        EnvironmentLog.transition(context, from: State.name, to: Next.name)
        return Environment<Next>(EnvironmentSnapshot(context: context, state: next))
    }
}

extension Environment<Created> {
    /// Creates the description of a new environment; nothing is stored or provisioned yet.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - instanceName: The name of the instance; `nil` for `env-` and the environment's name.
    ///   - sshCredentials: The account on the instance; `nil` for an environment whose steps do not log in.
    ///   - sshPort: The port of the instance's SSH server.
    ///   - sshJump: The SSH servers on the way to the instance; `nil` for a direct connection.
    ///   - provider: The provider of the environment's steps.
    ///   - createdAt: The time of creation.
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
    /// The address of the instance.
    public var instanceAddress: InstanceAddress { state.instance.address }
}

extension Environment where State: DestroyableState {
    /// Records that everything the provider made has been removed.
    public consuming func destroyed() -> Environment<Destroyed> {
        var gone = snapshot
        gone.context.destruction = nil
        return Environment(gone).withState(Destroyed())
    }
}
