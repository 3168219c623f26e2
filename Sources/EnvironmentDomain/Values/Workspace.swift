/// The folder of this machine in which an environment's working files are kept.
///
/// A workspace is only a path; creating one creates no folder.
public struct Workspace: Hashable, Sendable {
    /// The environment's own folder, an absolute path.
    public let root: AbsolutePath

    public init(root: AbsolutePath) {
        self.root = root
    }

    /// The names of a workspace's entries.
    public static let names = [busyLockName, "logs", "traces", "keys", "instance", "build"]

    /// The name of the lock file that child processes inherit, so that the lock is held as long as one of them lives.
    public static let busyLockName = "busy"

    /// The folder of the steps' output and `$OUTPUTS` files, with a folder for each run of a command.
    public var logs: String { "\(root)/logs" }
    /// The folder of the trace files, one for each failure.
    public var traces: String { "\(root)/traces" }
    /// The folder of the keys that were generated for the environment.
    public var keys: String { "\(root)/keys" }
    /// The private key of the pair that is generated when the user has chosen none.
    public var generatedKey: AbsolutePath { root.appending("keys/id_ed25519") }
    /// The public key of that pair.
    public var generatedPublicKey: AbsolutePath { root.appending("keys/id_ed25519.pub") }
    /// The folder of the files that the provider made on this machine.
    public var instance: String { "\(root)/instance" }
    /// The folder of the files that were rendered for OpenTofu, Terraform and Ansible.
    public var build: String { "\(root)/build" }
}
