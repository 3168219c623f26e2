/// Whom to log in as on an instance and where the keys are.
///
/// Paths are kept, never the content of a key.
public struct SSHCredentials: Hashable, Sendable {
    public let privateKeyPath: AbsolutePath
    public let publicKeyPath: AbsolutePath
    public let username: SSHUsername

    public init(username: SSHUsername, privateKeyPath: AbsolutePath, publicKeyPath: AbsolutePath) {
        self.username = username
        self.privateKeyPath = privateKeyPath
        self.publicKeyPath = publicKeyPath
    }
}

extension SSHCredentials: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(privateKeyPath, as: "ssh_priv_key_path")
        try members.write(publicKeyPath, as: "ssh_pub_key_path")
        try members.write(username, as: "ssh_username")
    }

    public init(stored members: StoredMemberReader) throws {
        privateKeyPath = try members.required("ssh_priv_key_path")
        publicKeyPath = try members.required("ssh_pub_key_path")
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
