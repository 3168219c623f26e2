public import EnvironmentDomain

extension Environment<Created> {
    /// Describes a new environment without storing or making anything.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - provider: The provider that the environment is made with.
    ///   - instanceName: The instance's name; `nil` for `env-` followed by the environment's name.
    ///   - sshCredentials: The account and keys for logging in to the instance; `nil` when no step logs in.
    ///   - sshPort: The port of the instance's SSH server.
    ///   - sshJump: The SSH jump hosts in front of the instance; `nil` for a direct connection.
    public init(
        _ name: EnvironmentName, provider: Provider, instanceName: InstanceName? = nil,
        sshCredentials: SSHCredentials? = nil, sshPort: SSHPort = .standard, sshJump: SSHJump? = nil
    ) {
        self.init(
            name: name, instanceName: instanceName, sshCredentials: sshCredentials, sshPort: sshPort, sshJump: sshJump,
            provider: provider.reference)
    }
}
