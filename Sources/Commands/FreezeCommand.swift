public import EnvironmentDomain
import OperatingSystem

/// Puts a `Freeze` on an environment or lifts it.
///
/// The state stays what it is. From then on every command that would change the environment is refused with
/// ``CommandError/Code/frozen``, until the freeze is lifted or its time is over.
public struct FreezeCommand: Sendable {
    private let repository: any EnvironmentRepository

    /// Creates the command.
    public init(repository: any EnvironmentRepository) {
        self.repository = repository
    }

    /// Freezes an environment; a freeze that it has already is replaced.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - reason: why, for those who will be refused.
    ///   - until: when the freeze ends by itself; nil for never.
    /// - Returns: what is stored now; nil when nothing is stored under the name.
    /// - Throws: ``CommandError``; then nothing was changed.
    public func freeze(
        _ name: EnvironmentName, reason: String, until: Timestamp? = nil
    ) async throws(CommandError) -> StoredEnvironment? {
        let freeze = Freeze(reason: reason, user: ThisProcess.userName, until: until)
        return try await save(name, .freeze, reason: reason, freeze)
    }

    /// Lifts the freeze of an environment, also one whose time is over.
    ///
    /// - Returns: what is stored now; nil when nothing is stored under the name.
    /// - Throws: ``CommandError``; then nothing was changed.
    public func unfreeze(
        _ name: EnvironmentName, reason: String? = nil
    ) async throws(CommandError) -> StoredEnvironment? {
        try await save(name, .unfreeze, reason: reason, nil)
    }

    /// Saves the environment with another freeze; nothing is saved when it has that one.
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
