public import CoreMetrics
public import EnvironmentDomain

/// A wrapper of a repository that measures transitions, steps, saves and waits for locks.
///
/// Any repository can be measured, because all changes by commands go through their lease. Direct use of the wrapped
/// repository is not measured.
public struct MeasuredRepository: EnvironmentRepository {
    private let inner: any EnvironmentRepository
    private let metrics: RepositoryMetrics

    /// Creates a wrapper that measures a repository.
    ///
    /// - Parameters:
    ///   - inner: The repository to measure.
    ///   - factory: The factory of the metrics; by default that of the current task, otherwise that of the process.
    ///   - dimensions: Additional dimensions of each metric. The environment's name is not a dimension unless it is
    ///     listed here.
    public init(
        _ inner: any EnvironmentRepository, factory: any MetricsFactory = MetricsSystem.factory,
        dimensions: [(String, String)] = []
    ) {
        self.inner = inner
        metrics = RepositoryMetrics(factory: factory, dimensions: dimensions)
    }

    public var lockTimeout: Duration { inner.lockTimeout }

    public func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        let start = ContinuousClock.now
        do throws(RepositoryError) {
            let lease = try await inner.acquireLease(name, for: command, run: run)
            metrics.waitedForLock(ContinuousClock.now - start, command, outcome: "acquired")
            return MeasuredLease(lease, metrics)
        } catch {
            metrics.waitedForLock(ContinuousClock.now - start, command, outcome: error.code.rawValue)
            throw error
        }
    }

    public func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment? {
        try await inner.load(name)
    }
    public func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool { try await inner.exists(name) }
    public func delete(_ name: EnvironmentName) async throws { try await inner.delete(name) }
    public func names() async throws(RepositoryError) -> [EnvironmentName] { try await inner.names() }
    public func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
        try await inner.holder(of: name)
    }
    public func workspace(for name: EnvironmentName) -> Workspace { inner.workspace(for: name) }
}
