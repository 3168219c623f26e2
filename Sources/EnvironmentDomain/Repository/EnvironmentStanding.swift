/// The answer to what is stored under a name, and whether it is the newest.
public enum EnvironmentStanding: Sendable {
    /// Nothing at all: an environment may be created.
    case nothing
    /// An environment, and nothing says that it is not the newest.
    case stored(StoredEnvironment)
    /// An environment that may be shown and not changed: the error says what contradicts it, and what leads out.
    case doubtful(StoredEnvironment, RepositoryError)
    /// Something is there, and what is stored cannot be known: nothing may be created, changed or removed.
    case damaged(RepositoryError)

    /// What may be shown; `nil` when there is nothing, or it cannot be known.
    public var stored: StoredEnvironment? {
        switch self {
        case .stored(let stored), .doubtful(let stored, _): stored
        case .nothing, .damaged: nil
        }
    }

    /// Why nothing may be changed; `nil` when a change is allowed.
    public var error: RepositoryError? {
        switch self {
        case .doubtful(_, let error), .damaged(let error): error
        case .nothing, .stored: nil
        }
    }
}
