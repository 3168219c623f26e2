public import EnvironmentDomain

/// A machine of an environment in the output ``OutputKey/hosts``.
///
/// Its JSON is an object such as `{"address": "10.0.0.7", "port": 22, "user": "deploy"}`; other members are ignored.
public struct InstanceHost: Codable, Hashable, Sendable {
    /// The machine's address.
    public let address: InstanceAddress
    /// The port of the machine's SSH server; `nil` for the environment's port.
    public let port: SSHPort?
    /// The account on the machine; `nil` for the environment's account.
    public let user: SSHUsername?

    /// Describes a machine.
    ///
    /// - Parameters:
    ///   - address: The machine's address.
    ///   - port: The port of the machine's SSH server; `nil` for the environment's port.
    ///   - user: The account on the machine; `nil` for the environment's account.
    public init(address: InstanceAddress, port: SSHPort? = nil, user: SSHUsername? = nil) {
        self.address = address
        self.port = port
        self.user = user
    }
}

extension OutputKey where Value == [String: InstanceHost] {
    /// The machines of an environment by name, for a provider that makes more than one machine.
    public static let hosts = OutputKey("hosts")
}
