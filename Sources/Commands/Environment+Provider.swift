public import EnvironmentDomain

extension Environment<Created> {
    /// Describes a new environment; nothing is stored or made yet.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - provider: The provider that the environment is made with.
    ///   - instanceName: What the instance is called; `nil` for `env-` and the name.
    ///   - sshCredentials: The account on the instance; `nil` for an environment whose steps do not log in.
    ///   - sshPort: The port of the instance's SSH server.
    ///   - sshJump: The SSH servers on the way to the instance; `nil` for a direct way.
    public init(
        _ name: EnvironmentName, provider: Provider, instanceName: InstanceName? = nil,
        sshCredentials: SSHCredentials? = nil, sshPort: SSHPort = .standard, sshJump: SSHJump? = nil
    ) {
        self.init(
            name: name, instanceName: instanceName, sshCredentials: sshCredentials, sshPort: sshPort, sshJump: sshJump,
            provider: provider.reference)
    }
}
