#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import JSONText
    import OperatingSystem
    import Persistence

    /// The right to append to one environment's log, which lasts as long as one session of the database.
    ///
    /// All statements run in that session. When it ends, the right is lost for good, because another holder may have
    /// taken it.
    actor PostgresHeldLog: HeldLog {
        private nonisolated let name: EnvironmentName
        private nonisolated let repository: PostgresEnvironmentRepository
        private nonisolated let connection: Connection
        private let key: Int
        private let fence: Int
        private var found: FoundLog
        private let takenAt = ContinuousClock.now
        private var isReleased = false
        private var isLost = false

        // The executor is the connection's own queue, so that a save changes to it only once.
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe connection.unownedExecutor }

        init(
            _ repository: PostgresEnvironmentRepository, _ name: EnvironmentName, _ connection: Connection, key: Int,
            fence: Int, found: FoundLog
        ) {
            self.repository = repository
            self.name = name
            self.connection = connection
            self.key = key
            self.fence = fence
            self.found = found
        }

        /// Releases a lease that was dropped without a call of `release()`.
        deinit {
            guard !isReleased else { return }
            Task { [connection, name, fence, key, repository] in
                // Closing the connection also frees the lock, but then the next holder would have to find out whether
                // the process still runs.
                if (try? await connection.run(Statements.end(name.text, fence, key))) == nil {
                    await connection.close()
                } else {
                    await repository.pool.giveBack(connection)
                }
            }
        }

        /// Runs `body` on the connection, whose queue is the executor of this actor.
        private func onConnection<Result: Sendable>(_ body: (isolated Connection) throws -> Result) rethrows -> Result {
            try connection.assumeIsolated(body)
        }

        var evidence: Evidence { found.evidence }

        // MARK: Appending

        func append(
            _ object: [UInt8], lineage: Lineage, atLeast serial: Int
        ) async throws(RepositoryError) -> LogLine {
            let before: LogLine? = if case .whole(let line) = found.evidence.log { line } else { nil }
            let line = LogLine(after: before, lineage: lineage.text, atLeast: serial, object: object)
            let save = try Save(line, of: name, fence: fence)
            try keepCheckpoint()
            try await put(save) { [found] connection in
                try connection.run(Statements.append, save.parameters(connection.backend, after: found)).first
            }
            prune(behind: line.serial)
            return line
        }

        func begin(with line: LogLine, older: [[UInt8]]) async throws(RepositoryError) {
            let save = try Save(line, of: name, fence: fence)
            let whole: Int =
                switch found.evidence.log {
                case .damaged(let newestWhole): newestWhole?.serial ?? -1
                case .whole(let newest): newest.serial
                case .missing, .unusable: -1
                }
            try await put(save) { [name, found] connection in
                try connection.run("BEGIN")
                try connection.run(Statements.setAside, [name.text, "\(whole)"])
                if found.checkpointHash != nil { try connection.run(Statements.setCheckpointAside, [name.text]) }
                if !older.isEmpty { try connection.run(Statements.addLines, [name.text] + Self.columns(older)) }
                var found = found
                let newest = try connection.run(Statements.newestHash, [name.text]).first
                found.newest = newest.flatMap { row in
                    row.number(0).flatMap { serial in row[1].map { (serial, $0) } }
                }
                let row = try connection.run(Statements.append, save.parameters(connection.backend, after: found)).first
                try connection.run(row == nil ? "ROLLBACK" : "COMMIT")
                return row
            }
        }

        /// Returns the columns of several lines, each as a text array.
        private static func columns(_ texts: [[UInt8]]) -> [String] {
            var columns: [[String]] = [[], [], [], []]
            for (number, text) in texts.enumerated() {
                let line = LogLine(text)
                let row = [
                    line?.lineage ?? "", "\((try? HistoryLine(json: JSONDocument(text).root))?.serial ?? number)",
                    line.map(EnvironmentDocument.isLasting) == false ? "f" : "t", String(decoding: text, as: UTF8.self),
                ]
                for (column, value) in row.enumerated() { columns[column].append(value) }
            }
            return columns.map(arrayLiteral)
        }

        /// Runs the statements of a save, the last of which returns the hashes of the new rows.
        private func put(
            _ save: Save, _ run: @Sendable (isolated Connection) throws -> Row?
        ) async throws(RepositoryError) {
            try checkHeld()
            let row: Row?
            do {
                row = try onConnection(run)
            } catch let error as PostgresError where !error.leavesConnection {
                throw await settle(save, after: error)
            } catch {
                throw saveFailure(error)
            }
            guard let row else { throw whyNothingWasSaved() }
            found = FoundLog(save.line, hash: row[0], checkpointHash: row[1])
            log(repository.routineLogLevel, "state saved", "serial", "\(save.line.serial)")
        }

        /// Removes the oldest lines beyond the retention, after every 256th save.
        private func prune(behind serial: Int) {
            guard serial % 256 == 0 else { return }
            do {
                try onConnection { [name, limit = repository.retention.totalSize] in
                    _ = try $0.run(Statements.prune, [name.text, "\(limit)"])
                }
            } catch {
                // The next call removes them.
                log(.warning, "old lines of the history could not be removed", "reason", "\(error)")
            }
        }

        func refreshCheckpoint() async throws(RepositoryError) {
            try checkHeld()
            guard case .whole(let line) = found.evidence.log else { return }
            try keepCheckpoint()
            let save = try Save(line, of: name, fence: fence)
            let row: Row?
            do {
                row = try onConnection { connection in
                    try connection.run(Statements.refresh, save.row(connection.backend)).first
                }
            } catch {
                if (error as? PostgresError)?.leavesConnection == false { lose("\(error)") }
                throw saveFailure(error)
            }
            guard let row else { throw whyNothingWasSaved() }
            found.checkpointHash = row[0]
            found.evidence.checkpoint = .current
        }

        /// Moves a checkpoint that a person edited to another name, before it is overwritten.
        private func keepCheckpoint() throws(RepositoryError) {
            try checkHeld()
            switch found.evidence.checkpoint {
            case .missing, .current, .older, .unusable: return
            case .edited, .otherLineage, .newer: break
            }
            do {
                try onConnection { [name] in _ = try $0.run(Statements.setCheckpointAside, [name.text]) }
            } catch {
                if (error as? PostgresError)?.leavesConnection == false { lose("\(error)") }
                throw saveFailure(error)
            }
        }

        // MARK: Errors

        private func saveFailure(_ error: any Error) -> RepositoryError {
            let code: RepositoryError.Code =
                switch (error as? PostgresError)?.sqlState {
                case SQLState.diskFull: .insufficientSpace
                case SQLState.insufficientPrivilege, SQLState.readOnlyTransaction: .notWritable
                default: .writeStateFailed
                }
            return repository.failure(
                error, code, "The state of \(name) could not be saved, and what was stored before is untouched")
        }

        /// Finds out, over another session, whether a save succeeded whose result was lost.
        private func settle(_ save: Save, after cause: PostgresError) async -> RepositoryError {
            lose("\(cause)")
            let settlement = Settlement(repository: repository, name: name, fence: fence, saveID: save.identifier)
            let advice = "Another command may be at work on \(name) by now; load what is stored."
            switch await settlement.isSaved() {
            case true?:
                found = FoundLog(save.line, hash: nil, checkpointHash: nil)
                return RepositoryError(
                    .lockLost,
                    "The state of \(name) was saved (serial \(save.line.serial)), and right then the connection to the "
                        + "database was lost, and with it the right to change more. \(advice)", cause: cause)
            case false?:
                return RepositoryError(
                    .lockLost,
                    "The state of \(name) was not saved: the connection to the database was lost, and with it the right to "
                        + "change anything. What was stored before is untouched. \(advice)", cause: cause)
            case nil:
                return RepositoryError(
                    .durabilityUnknown,
                    "Whether the state of \(name) was saved is not known: the connection to the database was lost before it "
                        + "said so, and it cannot be reached again (\(repository.server)). Load what is stored to find "
                        + "out.", cause: cause)
            }
        }

        private func whyNothingWasSaved() -> RepositoryError {
            let row: Row?
            do {
                row = try onConnection { [name] in try $0.run(Statements.fence, [name.text]).first }
            } catch {
                return saveFailure(error)
            }
            if row?.number(0) != fence {
                isLost = true
                return RepositoryError(
                    .lockLost,
                    "The right to change \(name) was taken away from this process. Nothing was saved. Find out who did "
                        + "that.")
            }
            return RepositoryError(
                .conflict,
                "\(repository.place(of: name)) was changed by a session that does not hold its lock; that change was left "
                    + "as it is and nothing was saved. Compare it with what you expect.")
        }

        // MARK: Holding and releasing

        private func checkHeld() throws(RepositoryError) {
            if isReleased {
                throw RepositoryError(.lockLost, "The lease of \(name) was released; nothing was changed.")
            }
            if isLost {
                throw RepositoryError(
                    .lockLost,
                    "The connection to the database was lost, and with it the right to change \(name); nothing was "
                        + "changed.")
            }
        }

        func note(_ holder: LeaseHolder) {
            guard !isReleased, !isLost else { return }
            do {
                try onConnection { [name, fence] in
                    _ = try $0.run(Statements.note, [name.text, "\(fence)", holder.recordText])
                }
            } catch {
                log(
                    .warning, "the lock's record could not be written; others will not see who holds it", "reason",
                    "\(error)")
            }
        }

        func remove(keepingFiles: Bool) async throws(RepositoryError) {
            try checkHeld()
            if keepingFiles {
                try deleteRows()
            } else {
                try await repository.workspace(for: name).removeFiles(of: name) { () throws(RepositoryError) in
                    try deleteRows()
                }
            }
            found = FoundLog(nothingStored: ())
        }

        private func deleteRows() throws(RepositoryError) {
            let row: Row?
            do {
                row = try onConnection { [name, fence] in
                    try $0.run(Statements.delete, [name.text, "\(fence)", "\($0.backend)"]).first
                }
            } catch {
                if (error as? PostgresError)?.leavesConnection == false { isLost = true }
                throw repository.failure(
                    error, .deleteStateFailed, "Whether everything of \(name) was removed is not known; remove it again"
                )
            }
            guard row == nil else { return }
            isLost = true
            throw RepositoryError(
                .lockLost, "The right to change \(name) was taken away from this process; nothing was removed.")
        }

        func release() async {
            guard !isReleased else { return }
            isReleased = true
            guard !isLost else { return await connection.close() }
            do {
                try onConnection { [name, fence, key] in
                    _ = try $0.run(Statements.end(name.text, fence, key))
                }
                await repository.pool.giveBack(connection)
            } catch {
                // The session may still hold the lock, which ends with it.
                log(.warning, "the lease ended with its connection and not in order", "reason", "\(error)")
                await connection.close()
            }
            log(
                repository.routineLogLevel, "lock released", "held_seconds",
                "\((ContinuousClock.now - takenAt).seconds)")
        }

        func waitUntilLost() async {
            let pause = Duration.seconds(5)
            var nextQuestion = ContinuousClock.now + pause
            while !Task.isCancelled {
                if isLost { return }
                if !isReleased {
                    if onConnection({ $0.isLost() }) { return lose("seen while idle") }
                    // With a proxy, the socket stays open when the session or the connection to the server ends.
                    if .now >= nextQuestion {
                        do {
                            _ = try onConnection { try $0.run("SELECT 1", within: .seconds(5)) }
                        } catch {
                            return lose("\(error)")
                        }
                        nextQuestion = .now + pause
                    }
                }
                // 100 ms are short compared to the time that stopping a step takes. Cancellation ends the sleep.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }

        private func lose(_ reason: String) {
            isLost = true
            log(.error, "the connection was lost, and the lease with it", "reason", reason)
        }

        private func log(_ level: LogLevel, _ message: String, _ key: String, _ value: String) {
            repository.log(level, message, name, key, value)
        }
    }
#endif
