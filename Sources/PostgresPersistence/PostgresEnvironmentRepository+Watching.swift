#if PostgreSQL
    public import EnvironmentDomain

    extension PostgresEnvironmentRepository {
        /// A change in the database.
        public enum Change: Hashable, Sendable {
            /// Anything may have changed, so that the reader must read everything again.
            ///
            /// It is emitted when the watch begins, when it continues after a lost connection, and after five seconds
            /// without a notification, in which leases may have been taken and released.
            case anything
            /// An environment was saved.
            case saved(EnvironmentName, serial: Int)
            /// An environment was removed.
            case removed(EnvironmentName)
        }

        /// Emits the changes by all processes until the stream is dropped; a lost connection is reopened.
        ///
        /// A change is emitted after its transaction was committed, so that a subsequent read returns that state or a
        /// newer one. A reader that is 256 changes behind loses the oldest changes, and receives `anything` after the
        /// others.
        ///
        /// - Throws: `RepositoryError` when the database rejects the watcher. While the database cannot be reached, the
        ///   stream waits.
        public func changes() -> AsyncThrowingStream<Change, any Error> {
            AsyncThrowingStream(bufferingPolicy: .bufferingNewest(256)) { continuation in
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
                                // Cancellation ends the pause, and then the loop.
                                try? await Task.sleep(for: .milliseconds(500))
                            }
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(
                            throwing: failure(
                                error, .readStateFailed, "The environments of \(server) cannot be watched"))
                    }
                }
                continuation.onTermination = { _ in
                    interruption.raise()
                    watching.cancel()
                }
            }
        }

        public func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error> {
            AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
                let watching = Task {
                    do {
                        for try await change in changes() where name.map(change.concerns) ?? true {
                            continuation.yield()
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
                continuation.onTermination = { _ in watching.cancel() }
            }
        }

        private func watch(
            _ continuation: AsyncThrowingStream<Change, any Error>.Continuation, _ interruption: Interruption
        ) async throws {
            let connection = try await connect(isNew: true)
            try await connection.run("LISTEN typed_environments")
            func tell(_ change: Change) {
                if case .dropped = continuation.yield(change) { continuation.yield(.anything) }
            }
            tell(.anything)
            while !interruption.isRaised {
                let texts = try await connection.notifications(within: .seconds(5), unless: interruption)
                if texts.isEmpty { tell(.anything) }
                for change in texts.compactMap(Change.init) { tell(change) }
            }
            await connection.close()
        }
    }

    extension PostgresEnvironmentRepository.Change {
        /// Parses `NAME SERIAL`, with 0 for a removal; `nil` for other texts in the channel.
        fileprivate init?(_ text: String) {
            let parts = text.split(separator: " ")
            guard parts.count == 2, let name = try? EnvironmentName(String(parts[0])), let serial = Int(parts[1]) else {
                return nil
            }
            self = serial == 0 ? .removed(name) : .saved(name, serial: serial)
        }

        fileprivate func concerns(_ name: EnvironmentName) -> Bool {
            switch self {
            case .anything: true
            case .saved(let saved, _): saved == name
            case .removed(let removed): removed == name
            }
        }
    }
#endif
