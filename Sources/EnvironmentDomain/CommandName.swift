/// The name of what changes a stored environment.
public enum CommandName: String, CaseIterable, Codable, Hashable, Sendable, CustomStringConvertible {
    case create, provision, configure, release, run, destroy
    /// A save on its own, outside a command.
    case save
    /// A removal of everything that is stored.
    case purge
    /// An emergency record that was applied.
    case recover
    /// An earlier state put back.
    case restore
    /// A state file that a person edited, made a stored state.
    case acceptEdit = "accept_edit"
    /// A ``Freeze`` put on an environment.
    case freeze
    /// A ``Freeze`` lifted.
    case unfreeze
    /// A look whether what was made is still as it was made, which saves nothing.
    case validate

    public var description: String { rawValue }
}
