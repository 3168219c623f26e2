public import EnvironmentDomain
import OperatingSystem

/// A command that freezes an environment or lifts its freeze (`Freeze`).
///
/// A freeze does not change the environment's state. Until it is lifted or expires, every command that would change the
/// environment is refused with ``CommandError/Code/frozen``.
public struct FreezeCommand: Sendable {
    private let repository: any EnvironmentRepository

    /// Creates the command.
    ///
    /// - Parameter repository: The repository that stores the environment.
    public init(repository: any EnvironmentRepository) {
        self.repository = repository
    }

    /// Freezes an environment, replacing a freeze that it has already.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - reason: The reason, which the refusals of other commands show.
    ///   - until: The time at which the freeze expires; `nil` for never.
    /// - Returns: The environment as it is stored now; `nil` when nothing is stored under the name.
    /// - Throws: ``CommandError`` when the freeze could not be saved.
    public func freeze(
        _ name: EnvironmentName, reason: String, until: Timestamp? = nil
    ) async throws(CommandError) -> StoredEnvironment? {
        let freeze = Freeze(reason: reason, user: ThisProcess.userName, until: until)
        return try await save(name, .freeze, reason: reason, freeze)
    }

    /// Lifts the freeze of an environment, including an expired one.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - reason: The reason for the history; `nil` for none.
    /// - Returns: The environment as it is stored now; `nil` when nothing is stored under the name.
    /// - Throws: ``CommandError`` when the change could not be saved.
    public func unfreeze(
        _ name: EnvironmentName, reason: String? = nil
    ) async throws(CommandError) -> StoredEnvironment? {
        try await save(name, .unfreeze, reason: reason, nil)
    }

    /// Saves the environment with a freeze, or without one for `nil`; does nothing when the freeze is the same.
    private func save(
        _ name: EnvironmentName, _ command: CommandName, reason: String?, _ freeze: Freeze?
    ) async throws(CommandError) -> StoredEnvironment? {
        let run = CommandRun()
        return try await repository.underLease(nil, of: name, for: command, run: run) { lease throws(CommandError) in
            do throws(RepositoryError) {
                guard let stored = try await lease.stored else { return nil }
                var context = stored.document.context
                context.freeze = freeze
                guard context != stored.document.context else { return stored }
                let state = stored.document.state
                return try await lease.save(
                    stored.document.with(context),
                    event: HistoryEvent(
                        command: command, commandID: run.id, change: .transition(from: state, to: state),
                        reason: reason))
            } catch {
                throw CommandError(error)
            }
        }
    }
}
