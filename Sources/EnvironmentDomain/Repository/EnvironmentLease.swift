/// The right to change one environment: no other process changes it until the lease is released or its process ends.
public protocol EnvironmentLease: AnyObject, Sendable {
    var name: EnvironmentName { get }

    /// The stored environment as this lease last read or saved it; `nil` when nothing is stored.
    ///
    /// - Throws: ``RepositoryError`` when the stored environment is damaged.
    var stored: StoredEnvironment? { get async throws(RepositoryError) }

    /// Replaces the stored environment and appends the event to the history.
    ///
    /// When the function returns, the save survives a crash and a power cut as far as the repository promises. The
    /// event of a save that fails is kept and becomes part of the next save that succeeds.
    ///
    /// - Throws: ``RepositoryError``. The stored environment is unchanged, except for
    ///   ``RepositoryError/Code/durabilityUnknown``.
    @discardableResult
    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment

    /// Writes the state that could not be saved to an emergency record outside the repository, from which it can be
    /// applied later.
    ///
    /// - Returns: The record's path; `nil` when there is no unsaved state or the repository has no place for records.
    func keepEmergencyRecord() async throws(RepositoryError) -> String?

    /// Updates the lock's record with the current command, run and step, for the messages of processes that wait.
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async

    /// Removes everything that is stored of the environment and its working files.
    func delete() async throws(RepositoryError)

    /// Removes everything that is stored of the environment and its working files.
    ///
    /// - Parameter evenIfDamaged: Whether to remove also a state that cannot be read or may not be the newest.
    func delete(evenIfDamaged: Bool) async throws(RepositoryError)

    /// Releases the environment; a second call does nothing.
    func release() async

    /// Returns when the lease is lost without having been released, for example with the connection to a database, or
    /// when the task is cancelled.
    ///
    /// Work under the lease must stop then, because another process may begin.
    func waitUntilLost() async
}

extension EnvironmentLease {
    /// Removes the environment; the default for repositories that cannot detect damage.
    public func delete(evenIfDamaged: Bool) async throws(RepositoryError) { try await delete() }

    /// Returns when the task is cancelled; the default for leases that end only with their process.
    public func waitUntilLost() async {
        // Cancellation ends the sleep early, and then the loop.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(86_400)) }
    }
}
