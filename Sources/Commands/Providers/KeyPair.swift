public import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that makes the key pair of an environment whose credentials are ``SSHCredentials/generated``.
    ///
    /// A key of the user's own is left alone, and so is a pair that is there. Where `ssh-keygen` is missing none is made.
    ///
    /// - Parameter name: The step's name.
    public static func generateKeyPair(_ name: StepName = "generate_keys") -> Step {
        Step(name, timeout: .seconds(60)) { step in try await step.generateKeyPair() }
    }
}

extension StepContext {
    /// Makes the key pair of an environment whose credentials are ``SSHCredentials/generated``; see
    /// ``Step/generateKeyPair(_:)``.
    ///
    /// - Returns: Whether there is a pair now, or none is needed; `false` when `ssh-keygen` is missing.
    @discardableResult
    public func generateKeyPair() async throws -> Bool { try await KeyPair(workspace).generate(self) }

    /// Removes a generated key pair; a key of the user's own is left alone.
    public func removeKeyPair() throws { try KeyPair(workspace).remove(self) }
}

/// The key pair that is generated for an environment whose user brings none.
struct KeyPair: Sendable {
    private let workspace: Workspace
    private var folder: String { workspace.keys }
    private var name: String { lastComponent(of: workspace.generatedKey.text) }

    init(_ workspace: Workspace) { self.workspace = workspace }

    /// Whether an environment's keys are those that are generated here, and removed again.
    private func isGenerated(_ credentials: SSHCredentials) -> Bool {
        credentials.privateKeyPath(in: workspace) == workspace.generatedKey
            && credentials.publicKeyPath(in: workspace) == workspace.generatedPublicKey
    }

    /// Generates the pair where `ssh-keygen` is there; a key of the user's own is left alone.
    ///
    /// - Returns: false when `ssh-keygen` is needed and missing.
    @discardableResult
    func generate(_ context: StepContext) async throws -> Bool {
        guard let credentials = context.environment.context.sshCredentials else {
            context.log("the environment has no SSH credentials, so no key pair is needed")
            return true
        }
        guard isGenerated(credentials) else {
            context.log("the key \(credentials.privateKeyPath(in: workspace)) is the user's own")
            return true
        }
        let folder = try Folder.making(folder)
        // The private key gets its name last: when it is there, the pair is whole.
        if try folder.status(of: name) != nil {
            context.log("the key pair \(workspace.generatedKey) is there")
            return true
        }
        guard let program = ThisProcess.findProgram("ssh-keygen") else {
            context.log("ssh-keygen is not there, so no key pair was generated")
            return false
        }
        let new = ".\(name).new"
        try folder.remove(new)
        try folder.remove(new + ".pub")
        let command = [
            program, "-q", "-t", "ed25519", "-N", "", "-C", "\(credentials.username)@\(context.environment.name)", "-f",
            folder.path(of: new),
        ]
        // No program that makes an instance, so no folder for one.
        guard try await context.runTool(ToolRun(command: command), onLine: { _ in }) == .exited(0) else {
            throw StepError(kind: "no_key_pair", summary: "\(program) failed; the step's log says why")
        }
        try folder.rename(new + ".pub", to: name + ".pub")
        try folder.rename(new, to: name)
        try folder.synchronize()
        context.log("generated the key pair \(workspace.generatedKey)")
        return true
    }

    /// Removes a generated pair; a key of the user's own is left alone.
    func remove(_ context: StepContext) throws {
        guard let credentials = context.environment.context.sshCredentials, isGenerated(credentials),
            let keys = try? Folder(folder)
        else { return }
        for name in [name, name + ".pub", ".\(name).new", ".\(name).new.pub"] {
            try keys.remove(name)
        }
        if try keys.names().isEmpty {
            try Folder(parentPath(of: folder) ?? "/").removeTree(lastComponent(of: folder))
        }
        context.log("removed the generated keys")
    }
}
