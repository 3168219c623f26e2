/// The name of an operation on a stored environment, as it appears in the history and in the lock's record.
public enum CommandName: String, CaseIterable, Codable, Hashable, Sendable, CustomStringConvertible {
    case create, provision, configure, release, run, destroy
    /// A save outside any command.
    case save
    /// The removal of everything that is stored.
    case purge
    /// The application of an emergency record.
    case recover
    /// The restoration of an earlier state.
    case restore
    /// The acceptance of a state file that a person edited.
    case acceptEdit = "accept_edit"
    /// The start of a ``Freeze``.
    case freeze
    /// The end of a ``Freeze``.
    case unfreeze
    /// A comparison of what exists with what is stored; it saves nothing.
    case validate

    public var description: String { rawValue }
}
