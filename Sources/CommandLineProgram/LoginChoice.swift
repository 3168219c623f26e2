import EnvironmentDomain
import OperatingSystem

/// The SSH login of an environment's instance, from the command line.
public struct LoginChoice: Hashable, Sendable {
    public var user: String?
    /// The path of the private key; the path of the public key has the suffix `.pub`.
    public var key: String?
    public var port: Int?

    /// The SSH servers on the way, as `[USER@]HOST[:PORT]` separated by commas.
    public var jump: String?

    public init(user: String? = nil, key: String? = nil, port: Int? = nil, jump: String? = nil) {
        self.user = user
        self.key = key
        self.port = port
        self.jump = jump
    }

    /// The command-line options for this value.
    public var words: [String] {
        [
            ("--ssh-user", user), ("--ssh-key", key), ("--ssh-port", port.map { "\($0)" }), ("--ssh-jump", jump),
        ].flatMap { option, value in value.map { [option, $0] } ?? [] }
    }

    /// Returns the options that differ from an environment's settings, in words.
    func differences(from context: EnvironmentContext, in workspace: Workspace) throws -> [String] {
        let kept = context.sshCredentials
        let values: [(option: String, given: String?, kept: String)] = [
            ("--ssh-user", user, kept?.username.text ?? "none"),
            (
                "--ssh-key", try key.map { try AbsolutePath(resolving: $0).text },
                kept?.privateKeyPath(in: workspace).text ?? "none"
            ),
            ("--ssh-port", port.map { "\($0)" }, "\(context.sshPort)"),
            ("--ssh-jump", try jump.map { "\(try SSHJump($0))" }, context.sshJump.map { "\($0)" } ?? "none"),
        ]
        return values.compactMap { option, given, kept in
            given.flatMap { $0 == kept ? nil : "\(option) is \($0) and not \(kept)" }
        }
    }

    func credentials(
        in workspace: Workspace
    ) throws -> (credentials: SSHCredentials, port: SSHPort, jump: SSHJump?) {
        if key?.isEmpty == true { throw UsageError(description: "--ssh-key needs a value and not an empty text") }
        let privateKey = try AbsolutePath(resolving: key ?? "\(workspace.keys)/id_ed25519")
        return (
            try SSHCredentials(user: try SSHUsername(user ?? "deploy"), privateKey: privateKey),
            try port.map { try SSHPort($0) } ?? .standard, try jump.map { try SSHJump($0) }
        )
    }
}
