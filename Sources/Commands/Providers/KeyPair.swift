public import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that makes the key pair of an environment whose credentials are `SSHCredentials.generated`.
    ///
    /// A key of the user's own is left alone, and so is a pair that is there. Where `ssh-keygen` is missing none is made.
    ///
    /// - Parameter name: The step's name.
    public static func generateKeyPair(_ name: StepName = "generate_keys") -> Step {
        Step(name, timeout: .seconds(60)) { step in try await KeyPair(step.workspace).generate(step) }
    }
}

/// The key pair that is generated for an environment whose user brings none.
public struct KeyPair: Sendable {
    private let workspace: Workspace
    private var folder: String { workspace.keys }
    private var name: String { lastComponent(of: workspace.generatedKey.text) }

    /// Describes the pair of the environment with a workspace; nothing is made.
    public init(_ workspace: Workspace) { self.workspace = workspace }

    /// Whether an environment's keys are those that are generated here, and removed again.
    private func isGenerated(_ credentials: SSHCredentials) -> Bool {
        credentials.privateKeyPath(in: workspace) == workspace.generatedKey
            && credentials.publicKeyPath(in: workspace) == workspace.generatedPublicKey
    }

    /// Makes sure that `ssh-keygen` is there when a pair has still to be generated.
    ///
    /// - Throws: ``StepError`` with the kind `tool_missing`.
    public func checkProgram(for credentials: SSHCredentials?) throws(StepError) {
        let isThere = ((try? Folder(folder).status(of: name)) ?? nil) != nil
        if let credentials, isGenerated(credentials), !isThere, ThisProcess.findProgram("ssh-keygen") == nil {
            throw Self.programMissing
        }
    }

    /// The error of a step that needs a generated pair.
    public static let programMissing = StepError(
        kind: .toolMissing,
        summary: "ssh-keygen is not there, and a key pair is needed: install the OpenSSH client, or create the "
            + "environment with a key of your own")

    /// Generates the pair where `ssh-keygen` is there; a key of the user's own is left alone.
    ///
    /// - Returns: false when `ssh-keygen` is needed and missing.
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
        // `run` would make the instance's folder, which a program that makes keys does not need.
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
