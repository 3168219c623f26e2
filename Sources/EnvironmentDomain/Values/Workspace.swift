/// The folder of this machine in which an environment's working files are kept.
///
/// Only paths; nothing is made here.
public struct Workspace: Hashable, Sendable {
    /// The environment's own folder, an absolute path.
    public let root: AbsolutePath

    public init(root: AbsolutePath) {
        self.root = root
    }

    /// The names in the folder that are a workspace's.
    public static let names = [busyLockName, "logs", "traces", "keys", "instance", "build"]

    /// The name of the lock that child processes inherit, so that it is held as long as one of them lives.
    public static let busyLockName = "busy"

    /// What steps printed and their `$OUTPUTS` files, a folder for each run of a command.
    public var logs: String { "\(root)/logs" }
    /// One file for each failure.
    public var traces: String { "\(root)/traces" }
    /// Keys that were generated for the environment.
    public var keys: String { "\(root)/keys" }
    /// The private key of the pair that is made for the environment when its user brings none.
    public var generatedKey: AbsolutePath { root.appending("keys/id_ed25519") }
    /// The public key of that pair.
    public var generatedPublicKey: AbsolutePath { root.appending("keys/id_ed25519.pub") }
    /// What the provider made on this machine.
    public var instance: String { "\(root)/instance" }
    /// What was rendered for tools.
    public var build: String { "\(root)/build" }
}
