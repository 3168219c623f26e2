#if PostgreSQL
    import EnvironmentDomain
    import OperatingSystem
    import Persistence

    /// The acquisition of a lease, which takes first the advisory lock and then the next fence.
    struct LeaseAcquisition: Sendable {
        let repository: PostgresEnvironmentRepository
        let name: EnvironmentName
        let holder: LeaseHolder
        let timeout: Duration

        func acquire() async throws(RepositoryError) -> PostgresHeldLog {
            let deadline = ContinuousClock.now + timeout
            do {
                guard !Task.isCancelled else { throw cancelled }
                do {
                    return try await acquire(over: try await repository.connect(), by: deadline)
                } catch let error as PostgresError where error.kind == .lost {
                    // A session from the pool may have ended since its last use. No lock is held at this point.
                    return try await acquire(over: try await repository.connect(isNew: true), by: deadline)
                }
            } catch {
                if (error as? PostgresError)?.kind == .interrupted { throw cancelled }
                throw repository.failure(
                    error, .lockUnusable, "The right to change \(name) cannot be had, and nothing was changed")
            }
        }

        private func acquire(
            over connection: Connection, by deadline: ContinuousClock.Instant
        ) async throws -> PostgresHeldLog {
            do {
                let key = try await key(over: connection)
                if try await connection.run(Statements.tryLock(key)).first?.isTrue(0) != true {
                    try await wait(for: key, over: connection, by: deadline)
                }
                try await waitForPredecessor(key, over: connection, by: deadline)
                let row = try await connection.run(
                    Statements.begin, [name.text, "\(await connection.backend)", holder.recordText, Place.here]
                ).first
                guard let row, let fence = row.number(0) else {
                    throw RepositoryError(
                        .lockUnusable,
                        "The row of \(name) in typed_environments.leases was removed; nothing was changed.")
                }
                log(repository.routineLogLevel, "lock acquired", "pid", "\(holder.pid ?? 0)")
                let found = try await FoundLog(row, of: name) { (statement, parameters) throws(PostgresError) in
                    try await connection.run(statement, parameters)
                }
                return PostgresHeldLog(repository, name, connection, key: key, fence: fence, found: found)
            } catch {
                // The session's lock ends with it.
                await connection.close()
                throw error
            }
        }

        private func key(over connection: Connection) async throws -> Int {
            if let key = try await connection.run(Statements.lockKey, [name.text]).first?.number(0) { return key }
            try await connection.run(Statements.addLease, [name.text])
            guard let key = try await connection.run(Statements.lockKey, [name.text]).first?.number(0) else {
                throw RepositoryError(
                    .lockUnusable, "The row of \(name) in typed_environments.leases was removed; nothing was changed.")
            }
            return key
        }

        private func wait(for key: Int, over connection: Connection, by deadline: ContinuousClock.Instant) async throws
        {
            guard !Task.isCancelled else { throw cancelled }
            let holder = try await repository.holder(of: name)
            log(.info, "waiting for a lock", "holder", "\(holder ?? LeaseHolder())")
            let left = deadline - .now
            guard left > .zero else { throw timedOut(holder) }
            let interruption = Interruption()
            do {
                try await withTaskCancellationHandler {
                    _ = try await connection.run(
                        // lock_timeout is a 32-bit number.
                        Statements.lock(key, timeout: Int(min(max(1, left.milliseconds), Int64(Int32.max)))),
                        within: left + .seconds(30),
                        unless: interruption)
                } onCancel: {
                    interruption.raise()
                }
                try await connection.run("SET lock_timeout = 0")
            } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
                throw timedOut(try await repository.holder(of: name) ?? holder)
            }
        }

        /// Waits for the previous holder's process when its session ended without releasing the lease and the process
        /// may still run.
        private func waitForPredecessor(
            _ key: Int, over connection: Connection, by deadline: ContinuousClock.Instant
        ) async throws {
            guard let row = try await connection.run(Statements.predecessor, [name.text]).first else { return }
            let earlier = row.holder(0) ?? LeaseHolder()
            log(.warning, "lock taken over: its holder ended without releasing it", "holder", "\(earlier)")
            let left = repository.takeoverGrace - .milliseconds(row.number(2) ?? 0)
            guard !Place.isGone(earlier, of: row[1]), left > .zero else { return }
            guard .now + left <= deadline else {
                throw RepositoryError(
                    .lockAcquisitionFailed,
                    "\(name) is free, but \(earlier) lost its connection to the database and may still be stopping what it did. "
                        + "Nothing was changed. Try again in \(left.milliseconds / 1000 + 1) s, or take it away "
                        + "(forceRelease) when you know that no process of it works any more.",
                    holder: earlier)
            }
            log(.info, "waiting until what it did is stopped", "seconds", "\(left.milliseconds / 1000 + 1)")
            do {
                try await Task.sleep(for: left)
            } catch {
                throw cancelled
            }
        }

        private var cancelled: RepositoryError {
            RepositoryError(.cancelled, "Stopped while waiting for the lock of \(name); nothing was changed.")
        }

        private func timedOut(_ holder: LeaseHolder?) -> RepositoryError {
            let seconds = "\(timeout.seconds)"
            log(.error, "timed out waiting for a lock", "holder", "\(holder ?? LeaseHolder())")
            return RepositoryError(
                .lockAcquisitionFailed,
                "Failed to acquire lock for environment: \(name), held by \(holder ?? LeaseHolder()) (waited \(seconds) s). "
                    + "Wait until it ends, or stop it if it hangs; the lock frees itself when the process ends.",
                holder: holder ?? LeaseHolder())
        }

        private func log(_ level: LogLevel, _ message: String, _ key: String, _ value: String) {
            repository.log(level, message, name, key, value)
        }
    }

    extension PostgresEnvironmentRepository {
        func log(_ level: LogLevel, _ message: String, _ name: EnvironmentName, _ key: String, _ value: String) {
            EnvironmentLog.log(
                LogRecord(
                    level: level, message: message,
                    fields: ["environment_name": name.text, "server": server.description, key: value]))
        }
    }
#endif
