public import EnvironmentDomain

/// A machine of an environment, as the output ``OutputKey/hosts`` describes it.
///
/// Its JSON is an object such as `{"address": "10.0.0.7", "port": 22, "user": "deploy"}`; other members are ignored.
public struct InstanceHost: Codable, Hashable, Sendable {
    /// Where the machine answers.
    public let address: InstanceAddress
    /// The port of its SSH server; `nil` for the environment's.
    public let port: SSHPort?
    /// The account on it; `nil` for the environment's.
    public let user: SSHUsername?

    /// Describes a machine.
    ///
    /// - Parameters:
    ///   - address: Where the machine answers.
    ///   - port: The port of its SSH server; `nil` for the environment's.
    ///   - user: The account on it; `nil` for the environment's.
    public init(address: InstanceAddress, port: SSHPort? = nil, user: SSHUsername? = nil) {
        self.address = address
        self.port = port
        self.user = user
    }
}

extension OutputKey where Value == [String: InstanceHost] {
    /// The machines of an environment by their names, for a provider that makes more than one.
    public static let hosts = OutputKey("hosts")
}
