import EnvironmentDomain
import OperatingSystem

extension EnvironmentRepository {
    /// Runs `body` under a given lease, or acquires a lease, runs `body` and releases the lease.
    func underLease<Result>(
        _ given: (any EnvironmentLease)?, of name: EnvironmentName, for command: CommandName, run: CommandRun,
        _ body: (any EnvironmentLease) async throws(CommandError) -> Result
    ) async throws(CommandError) -> Result {
        // One blocking thread for the whole command, so that its saves do not switch threads.
        try await withBlockingThread { () async throws(CommandError) in
            if let given { return try await body(given) }
            let lease: any EnvironmentLease
            do throws(RepositoryError) {
                lease = try await acquireLease(name, for: command, run: run)
            } catch {
                throw CommandError(error)
            }
            do throws(CommandError) {
                let result = try await body(lease)
                await lease.release()
                return result
            } catch {
                await lease.release()
                throw error
            }
        }
    }

    /// Acquires the `busy` lock, waiting until no process of an earlier step holds it.
    ///
    /// - Throws: ``CommandError``: `busy` after the repository's lock timeout, `interrupted` when the task is
    ///   cancelled.
    func takeBusyLock(
        for command: CommandName, _ held: AnyEnvironmentState, stored: AnyEnvironmentState?
    ) async throws(CommandError) -> FileLock {
        do throws(CommandError) {
            if Task.isCancelled { throw CommandError(.interrupted, "") }
            return try await BusyLock.acquire(in: workspace(for: held.name), stored: stored, timeout: lockTimeout)
        } catch {
            let reason = error.message.isEmpty ? "" : " \(error.message)"
            let word = error.code == .interrupted ? "was stopped before it began." : "was not begun."
            var error = CommandError(error, message: "\(command) of \(held.name) \(word)\(reason)")
            error.lastDurable = stored
            error.next = stored?.nextCommand
            throw error
        }
    }
}

extension EnvironmentLease {
    /// Returns the stored environment; `nil` when nothing is stored.
    func loaded() async throws(CommandError) -> StoredEnvironment? {
        do {
            return try await stored
        } catch {
            throw CommandError(error)
        }
    }
}
