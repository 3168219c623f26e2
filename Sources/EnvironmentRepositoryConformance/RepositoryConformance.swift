/// The checks of every repository's promises, for any test framework.
///
///     for check in RepositoryConformance.checks {
///         try await check.run { lockTimeout in MyRepository(lockTimeout: lockTimeout) }
///     }
public enum RepositoryConformance: Sendable {
    /// All checks; each needs an empty repository of its own.
    public static let checks = storing + deleting + leasing + contending
}
