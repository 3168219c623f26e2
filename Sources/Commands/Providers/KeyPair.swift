import EnvironmentDomain
import OperatingSystem

/// The key pair that is generated for an environment whose user brings none.
struct KeyPair: Sendable {
    /// The folder for generated keys.
    let folder: String

    static let name = "id_ed25519"

    init(_ workspace: Workspace) { folder = workspace.keys }

    /// Whether an environment's keys are those that are generated here, and removed again.
    func isGenerated(_ credentials: SSHCredentials) -> Bool {
        credentials.privateKeyPath.text == "\(folder)/\(Self.name)"
            && credentials.publicKeyPath.text == "\(folder)/\(Self.name).pub"
    }

    /// Generates the pair where `ssh-keygen` is there; a key of the user's own is left alone.
    ///
    /// - Returns: false when `ssh-keygen` is needed and missing.
    @discardableResult
    func generate(_ context: StepContext) async throws -> Bool {
        let credentials = context.environment.context.sshCredentials
        guard isGenerated(credentials) else {
            context.log("the key \(credentials.privateKeyPath) is the user's own")
            return true
        }
        let folder = try Folder.making(folder)
        // The private key gets its name last: where it stands, the pair is whole.
        if try folder.status(of: Self.name) != nil {
            context.log("the key pair \(credentials.privateKeyPath) is there")
            return true
        }
        guard let program = ThisProcess.findProgram("ssh-keygen") else {
            context.log("ssh-keygen is not there, so no key pair was generated")
            return false
        }
        let new = ".\(Self.name).new"
        try folder.remove(new)
        try folder.remove(new + ".pub")
        try await context.run(
            program, "-q", "-t", "ed25519", "-N", "", "-C", "\(credentials.username)@\(context.environment.name)", "-f",
            folder.path(of: new))
        try folder.rename(new + ".pub", to: Self.name + ".pub")
        try folder.rename(new, to: Self.name)
        try folder.synchronize()
        context.log("generated the key pair \(credentials.privateKeyPath)")
        return true
    }

    /// Removes a generated pair; a key of the user's own is left alone.
    func remove(_ context: StepContext) throws {
        guard isGenerated(context.environment.context.sshCredentials), let keys = try? Folder(folder) else { return }
        for name in [Self.name, Self.name + ".pub", ".\(Self.name).new", ".\(Self.name).new.pub"] {
            try keys.remove(name)
        }
        if try keys.names().isEmpty {
            try Folder(parentPath(of: folder) ?? "/").removeTree(lastComponent(of: folder))
        }
        context.log("removed the generated keys")
    }
}
