/// A place that keeps environments.
///
/// Implementations promise that a state is there as a whole, the old or the new, and that of all processes one at a
/// time changes an environment.
public protocol EnvironmentRepository: Sendable {
    /// Waits for the right to change an environment, up to the repository's lock timeout.
    ///
    /// - Parameters:
    ///   - name: the environment's name; it need not exist yet.
    ///   - command: what the lease is taken for, told to those who wait.
    ///   - run: the run of that command.
    /// - Throws: ``RepositoryError``, with ``RepositoryError/Code/lockAcquisitionFailed`` and the holder after the
    ///   timeout, and with ``RepositoryError/Code/cancelled`` as soon as the task is cancelled.
    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease

    /// Reads what is stored; nil for a name that was never saved. Takes no lock and changes nothing.
    func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment?

    /// Whether something is stored under the name; does not ask whether it can be read.
    func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool

    /// Removes what is stored under a lease of its own; a name that is not there is no error.
    func delete(_ name: EnvironmentName) async throws

    /// The names under which something is stored, sorted.
    func names() async throws(RepositoryError) -> [EnvironmentName]

    /// Who holds the environment now; nil when nobody does.
    func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder?

    /// The folder of this machine for the environment's logs, traces and other working files.
    func workspace(for name: EnvironmentName) -> Workspace

    /// How long to wait for what another command holds.
    var lockTimeout: Duration { get }
}

extension EnvironmentRepository {
    /// Runs `body` with the right to change an environment, and releases the right however `body` ends.
    public func withLease<Result: ~Copyable>(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun = CommandRun(),
        _ body: (any EnvironmentLease) async throws -> Result
    ) async throws -> Result {
        var result: Result?
        // Once for all that is done under the lease: a save then changes no thread.
        try await Machine.current.onBlockingThread {
            let lease = try await acquireLease(name, for: command, run: run)
            do {
                result = try await body(lease)
                await lease.release()
            } catch {
                await lease.release()
                throw error
            }
        }
        guard let result else { preconditionFailure("what does not throw has a result") }
        return result
    }

    /// Stores an environment under a lease of its own, whatever was stored before.
    public func save(_ environment: AnyEnvironmentState) async throws {
        let run = CommandRun()
        try await withLease(environment.name, for: .save, run: run) { lease in
            let before = try await lease.stored?.document.state
            try await lease.save(
                environment,
                event: HistoryEvent(
                    command: .save, commandID: run.id, change: .transition(from: before, to: environment.state)))
            if before == nil { EnvironmentLog.creation(of: environment) }
        }
    }

    public func delete(_ name: EnvironmentName) async throws {
        guard try await exists(name) else { return }
        try await withLease(name, for: .purge) { lease in try await lease.delete() }
    }
}
