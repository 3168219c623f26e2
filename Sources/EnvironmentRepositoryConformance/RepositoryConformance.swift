/// What every repository promises, as checks that any test framework can run.
///
///     for check in RepositoryConformance.checks {
///         try await check.run { lockTimeout in MyRepository(lockTimeout: lockTimeout) }
///     }
public enum RepositoryConformance: Sendable {
    /// All checks; each wants an empty repository of its own.
    public static let checks = storing + deleting + leasing + contending
}
