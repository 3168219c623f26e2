public import EnvironmentDomain

extension PostgresEnvironmentRepository {
    /// Something that happened in the database.
    public enum Change: Hashable, Sendable {
        /// The watch began, or began again after the connection was lost: anything may have changed since, so look at
        /// everything.
        case watching
        /// An environment was saved.
        case saved(EnvironmentName, serial: Int)
        /// An environment was removed.
        case removed(EnvironmentName)
    }

    /// Tells what changes, whoever changes it, until the stream is dropped; a lost connection is made anew.
    ///
    /// A change is told when its transaction is committed, so what is read then is at least as new.
    ///
    /// - Throws: `RepositoryError` when the database refuses the watcher; that it cannot be reached is waited out.
    public func changes() -> AsyncThrowingStream<Change, any Error> {
        AsyncThrowingStream { continuation in
            let interruption = Interruption()
            let watching = Task {
                do {
                    while !Task.isCancelled {
                        do {
                            try await watch(continuation, interruption)
                        } catch let error as PostgresError where error.kind != .refused && error.kind != .pooler {
                            EnvironmentLog.log(
                                LogRecord(
                                    level: .warning, message: "the connection of a watcher was lost; trying again",
                                    fields: ["server": server.description, "reason": error.description]))
                            // Cancelling ends the pause, and then the loop.
                            try? await Task.sleep(for: .milliseconds(500))
                        }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(
                        throwing: failure(error, .readStateFailed, "The environments of \(server) cannot be watched"))
                }
            }
            continuation.onTermination = { _ in
                interruption.raise()
                watching.cancel()
            }
        }
    }

    private func watch(
        _ continuation: AsyncThrowingStream<Change, any Error>.Continuation, _ interruption: Interruption
    ) async throws {
        let connection = try await connect(isNew: true)
        try await connection.run("LISTEN typed_environments")
        continuation.yield(.watching)
        while !interruption.isRaised {
            for text in try await connection.notifications(within: .seconds(60), unless: interruption) {
                if let change = Change(text) { continuation.yield(change) }
            }
        }
        await connection.close()
    }
}

extension PostgresEnvironmentRepository.Change {
    /// Reads `NAME SERIAL`, with 0 for a removal; nil for what others put into the channel.
    fileprivate init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let name = try? EnvironmentName(String(parts[0])), let serial = Int(parts[1]) else {
            return nil
        }
        self = serial == 0 ? .removed(name) : .saved(name, serial: serial)
    }
}
