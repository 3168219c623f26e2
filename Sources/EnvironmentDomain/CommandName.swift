/// The name of what changes a stored environment.
public enum CommandName: String, CaseIterable, Codable, Hashable, Sendable, CustomStringConvertible {
    case create, provision, configure, release, run, destroy
    /// A save on its own, outside a command.
    case save
    /// A removal of everything that is stored.
    case purge
    /// An emergency record brought in.
    case recover
    /// An earlier state put back.
    case restore

    public var description: String { rawValue }
}
