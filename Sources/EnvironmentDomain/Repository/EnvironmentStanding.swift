/// The answer to what is stored under a name, and whether it is known to be the newest state.
public enum EnvironmentStanding: Sendable {
    /// Nothing is stored: an environment may be created.
    case nothing
    /// An environment is stored, and nothing suggests that a newer state exists.
    case stored(StoredEnvironment)
    /// An environment is stored that may be shown and not changed. The error says what contradicts it, and how to
    /// resolve that.
    case doubtful(StoredEnvironment, RepositoryError)
    /// Something is stored that cannot be read: nothing may be created, changed or removed.
    case damaged(RepositoryError)

    /// The environment that may be shown; `nil` when nothing is stored or it cannot be read.
    public var stored: StoredEnvironment? {
        switch self {
        case .stored(let stored), .doubtful(let stored, _): stored
        case .nothing, .damaged: nil
        }
    }

    /// The reason why nothing may be changed; `nil` when a change is allowed.
    public var error: RepositoryError? {
        switch self {
        case .doubtful(_, let error), .damaged(let error): error
        case .nothing, .stored: nil
        }
    }
}
