/// A store of environments.
///
/// Implementations promise that a state is stored as a whole, either the old or the new one, and that only one process
/// at a time changes an environment.
public protocol EnvironmentRepository: Sendable {
    /// Takes the lease of an environment, and waits for it up to the repository's lock timeout.
    ///
    /// - Parameters:
    ///   - name: The environment's name; the environment need not exist.
    ///   - command: The command that takes the lease, for the messages of processes that wait.
    ///   - run: The run of that command.
    /// - Throws: ``RepositoryError``, with ``RepositoryError/Code/lockAcquisitionFailed`` and the holder after the
    ///   timeout, and with ``RepositoryError/Code/cancelled`` as soon as the task is cancelled.
    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease

    /// Returns the stored environment; `nil` for a name that was never saved. The call takes no lock and changes
    /// nothing.
    func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment?

    /// Returns whether something is stored under the name, readable or not.
    func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool

    /// Removes the stored environment under a lease of its own; does nothing when there is none.
    func delete(_ name: EnvironmentName) async throws

    /// Returns the names of the stored environments, sorted.
    func names() async throws(RepositoryError) -> [EnvironmentName]

    /// Returns the present holder of the environment's lease; `nil` for none.
    func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder?

    /// Returns the folder of this machine for the environment's logs, traces and other working files.
    func workspace(for name: EnvironmentName) -> Workspace

    /// The time to wait for a lease that another command holds.
    var lockTimeout: Duration { get }
}

extension EnvironmentRepository {
    /// Runs `body` under the lease of an environment, and releases the lease however `body` ends.
    public func withLease<Result: ~Copyable>(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun = CommandRun(),
        _ body: (any EnvironmentLease) async throws -> Result
    ) async throws -> Result {
        var result: Result?
        // One blocking thread serves all work under the lease, so that a save does not change threads.
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
