/// The right to change one environment: nobody else changes it until the lease is released or its process ends.
public protocol EnvironmentLease: AnyObject, Sendable {
    var name: EnvironmentName { get }

    /// What is stored, as this lease last saw or saved it; nil when nothing is.
    ///
    /// - Throws: ``RepositoryError`` when what is stored is damaged.
    var stored: StoredEnvironment? { get async throws(RepositoryError) }

    /// Puts the environment in place of what is stored, with the history line of the event. When it returns, the save
    /// survives a crash and a power cut as far as the repository promises that.
    ///
    /// The event of a save that fails is kept and goes into the next one that succeeds.
    ///
    /// - Throws: ``RepositoryError``; what was stored is untouched, except for
    ///   ``RepositoryError/Code/durabilityUnknown``.
    @discardableResult
    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment

    /// Puts what could not be saved into a record outside the repository, from which it can be applied later.
    ///
    /// - Returns: the record's path; nil when there is nothing to keep or the repository has no such place.
    func keepEmergencyRecord() async throws(RepositoryError) -> String?

    /// Says in the lock's record what is being done, for people who wait.
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async

    /// Removes everything that is stored of the environment and its working files.
    func delete() async throws(RepositoryError)

    /// Removes everything that is stored of the environment and its working files.
    ///
    /// - Parameter evenIfDamaged: whether to remove also what cannot be read or may not be the newest.
    func delete(evenIfDamaged: Bool) async throws(RepositoryError)

    /// Gives the environment back. The second time does nothing.
    func release() async

    /// Returns when the right to change the environment is gone without having been released, for example with the
    /// connection to a database; otherwise when the task is cancelled.
    ///
    /// Whoever works under the lease stops then: another may begin.
    func waitUntilLost() async
}

extension EnvironmentLease {
    /// Removes the environment where a repository knows no damage.
    public func delete(evenIfDamaged: Bool) async throws(RepositoryError) { try await delete() }

    /// A lease that ends with its process only.
    public func waitUntilLost() async {
        // Sleeping ends early when the task is cancelled, and that is what is waited for.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(86_400)) }
    }
}
