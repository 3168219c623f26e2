import EnvironmentDomain
import OperatingSystem

/// How a command line says that one logs in on an environment's instance.
public struct LoginChoice: Hashable, Sendable {
    public var user: String?
    /// The path of the private key; the public one is beside it, with `.pub` behind its name.
    public var key: String?
    public var port: Int?

    public init(user: String? = nil, key: String? = nil, port: Int? = nil) {
        self.user = user
        self.key = key
        self.port = port
    }

    /// The options that say the same once more.
    public var words: [String] {
        [("--ssh-user", user), ("--ssh-key", key), ("--ssh-port", port.map { "\($0)" })].flatMap { option, value in
            value.map { [option, $0] } ?? []
        }
    }

    /// The options that are given.
    var options: [String] { words.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element) }

    /// Makes sure that a key that is named is there with its other half.
    func checkKey() throws(UsageError) {
        guard let key else { return }
        guard !key.isEmpty else { throw UsageError(description: "--ssh-key needs a value and not an empty text") }
        guard !key.hasSuffix(".pub") else {
            throw UsageError(description: "--ssh-key \(key): this is a public key; name the private one beside it")
        }
        for path in [key, key + ".pub"] {
            do {
                _ = try OpenFile(path, .readFollowingLinks)
            } catch {
                let way = path == key ? "" : " (ssh-keygen -y -f \(key.quotedForShell) makes it from the private one)"
                throw UsageError(description: "--ssh-key \(key): \(path) cannot be read: \(error.reason)\(way)")
            }
        }
    }

    func credentials(in workspace: Workspace) throws -> (credentials: SSHCredentials, port: SSHPort) {
        let privateKey = try AbsolutePath(resolving: key ?? "\(workspace.keys)/id_ed25519")
        return (
            SSHCredentials(
                username: try SSHUsername(user ?? "deploy"), privateKeyPath: privateKey,
                publicKeyPath: try AbsolutePath(privateKey.text + ".pub")),
            try port.map { try SSHPort($0) } ?? .standard
        )
    }
}
