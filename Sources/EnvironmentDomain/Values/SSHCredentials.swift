/// The account on an instance and the key pair to log in with.
///
/// Only the paths of keys are stored, never their content.
public struct SSHCredentials: Hashable, Sendable {
    /// The login name.
    public let username: SSHUsername
    /// The paths of the user's own key pair; `nil` for a pair that the environment makes.
    private let ownKeys: KeyPaths?

    private struct KeyPaths: Hashable, Sendable {
        let privateKey: AbsolutePath
        let publicKey: AbsolutePath
    }

    /// Creates credentials with a key pair of the user's own.
    ///
    /// - Parameters:
    ///   - username: The login name.
    ///   - privateKeyPath: The path of the private key.
    ///   - publicKeyPath: The path of the public key.
    public init(username: SSHUsername, privateKeyPath: AbsolutePath, publicKeyPath: AbsolutePath) {
        self.username = username
        ownKeys = KeyPaths(privateKey: privateKeyPath, publicKey: publicKeyPath)
    }

    /// Creates credentials with a key pair of the user's own, whose public key has the path of the private key and the
    /// suffix `.pub`.
    ///
    /// - Parameters:
    ///   - user: The login name.
    ///   - privateKey: The path of the private key.
    /// - Throws: ``InvalidValue`` when the path of the public key would be too long.
    public init(user: SSHUsername, privateKey: AbsolutePath) throws(InvalidValue) {
        self.init(
            username: user, privateKeyPath: privateKey, publicKeyPath: try AbsolutePath("\(privateKey).pub"))
    }

    private init(generatingFor username: SSHUsername) {
        self.username = username
        ownKeys = nil
    }

    /// The credentials of the user `deploy`, with a key pair that the environment makes in its own folder.
    public static let generated = generated(for: "deploy")

    /// Returns credentials with a key pair that the environment makes in its own folder.
    ///
    /// - Parameter user: The login name.
    public static func generated(for user: SSHUsername) -> SSHCredentials { SSHCredentials(generatingFor: user) }

    /// The path of the private key; `nil` for a pair that the environment makes, whose path depends on its workspace.
    public var privateKeyPath: AbsolutePath? { ownKeys?.privateKey }
    /// The path of the public key; `nil` for a pair that the environment makes, whose path depends on its workspace.
    public var publicKeyPath: AbsolutePath? { ownKeys?.publicKey }

    /// Returns the path of the private key.
    ///
    /// - Parameter workspace: The environment's workspace.
    public func privateKeyPath(in workspace: Workspace) -> AbsolutePath {
        ownKeys?.privateKey ?? workspace.generatedKey
    }

    /// Returns the path of the public key.
    ///
    /// - Parameter workspace: The environment's workspace.
    public func publicKeyPath(in workspace: Workspace) -> AbsolutePath {
        ownKeys?.publicKey ?? workspace.generatedPublicKey
    }
}

extension SSHCredentials: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.writeIfPresent(privateKeyPath, as: "ssh_priv_key_path")
        try members.writeIfPresent(publicKeyPath, as: "ssh_pub_key_path")
        try members.write(username, as: "ssh_username")
    }

    public init(stored members: StoredMemberReader) throws {
        let privateKey: AbsolutePath? = try members.optional("ssh_priv_key_path")
        if let privateKey {
            ownKeys = KeyPaths(privateKey: privateKey, publicKey: try members.required("ssh_pub_key_path"))
        } else {
            ownKeys = nil
            if let _: AbsolutePath = try members.optional("ssh_pub_key_path") {
                throw members.invalid("ssh_priv_key_path", "the public key needs its private key")
            }
        }
        username = try members.required("ssh_username")
    }
}

/// A login name: 1 to 32 ASCII letters, digits, dots, dashes and underscores, a letter or underscore first.
public struct SSHUsername: LiteralText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        let letters: ASCIISet = [.lower, .upper, .underscore]
        guard text.consists(of: letters, then: [letters, .digits, .dot, .dash], length: 1...32) else {
            throw InvalidValue(
                kind: "SSH user name", text: text,
                rule: "1 to 32 letters, digits, dots, dashes and underscores, a letter or underscore first",
                example: "deploy")
        }
        self.text = text
    }
}
