public import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that generates the key pair of an environment whose credentials are `SSHCredentials.generated`.
    ///
    /// The step does nothing when the user supplies a key, when the pair exists, or when `ssh-keygen` is not installed.
    ///
    /// - Parameter name: The step's name.
    public static func generateKeyPair(_ name: StepName = "generate_keys") -> Step {
        Step(name, timeout: .seconds(60)) { step in try await KeyPair(step.workspace).generate(step) }
    }
}

/// The key pair that is generated for an environment whose user supplies none.
public struct KeyPair: Sendable {
    private let workspace: Workspace
    private var folder: String { workspace.keys }
    private var name: String { lastComponent(of: workspace.generatedKey.text) }

    /// Creates a description of the key pair of an environment, without generating it.
    ///
    /// - Parameter workspace: The environment's workspace.
    public init(_ workspace: Workspace) { self.workspace = workspace }

    /// Returns whether credentials refer to the generated key pair, and not to a key of the user.
    private func isGenerated(_ credentials: SSHCredentials) -> Bool {
        credentials.privateKeyPath(in: workspace) == workspace.generatedKey
            && credentials.publicKeyPath(in: workspace) == workspace.generatedPublicKey
    }

    /// Checks that `ssh-keygen` is installed if the key pair still has to be generated.
    ///
    /// - Parameter credentials: The environment's credentials; `nil` for none.
    /// - Throws: ``StepError`` with the kind `tool_missing`.
    public func checkProgram(for credentials: SSHCredentials?) throws(StepError) {
        let isThere = ((try? Folder(folder).status(of: name)) ?? nil) != nil
        if let credentials, isGenerated(credentials), !isThere, ThisProcess.findProgram("ssh-keygen") == nil {
            throw Self.programMissing
        }
    }

    /// The error of a step that needs the generated key pair when `ssh-keygen` is not installed.
    public static let programMissing = StepError(
        kind: .toolMissing,
        summary: "ssh-keygen is not there, and a key pair is needed: install the OpenSSH client, or create the "
            + "environment with a key of your own")

    /// Generates the key pair, unless it exists or the user supplies a key.
    ///
    /// - Parameter context: The context of the step that generates the pair.
    /// - Returns: `false` when `ssh-keygen` is needed and not installed.
    /// - Throws: ``StepError`` with the kind `no_key_pair` when `ssh-keygen` fails, and errors of files and programs.
    @discardableResult
    public func generate(_ context: StepContext) async throws -> Bool {
        guard let credentials = context.environment.context.sshCredentials else {
            context.log("the environment has no SSH credentials, so no key pair is needed")
            return true
        }
        guard isGenerated(credentials) else {
            context.log("the key \(credentials.privateKeyPath(in: workspace)) is the user's own")
            return true
        }
        let folder = try Folder.making(folder)
        // The private key is renamed last, so the pair is complete when the private key exists.
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
        // `run` would also create the instance's folder, which `ssh-keygen` does not need.
        guard try await context.runTool(ToolRun(command: command), onLine: { _ in }) == .exited(0) else {
            throw StepError(kind: "no_key_pair", summary: "\(program) failed; the step's log says why")
        }
        try folder.rename(new + ".pub", to: name + ".pub")
        try folder.rename(new, to: name)
        try folder.synchronize()
        context.log("generated the key pair \(workspace.generatedKey)")
        return true
    }

    /// Removes the generated key pair, but never a key of the user.
    ///
    /// - Parameter context: The context of the step that removes the pair.
    /// - Throws: An error when a file cannot be removed.
    public func remove(_ context: StepContext) throws {
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
