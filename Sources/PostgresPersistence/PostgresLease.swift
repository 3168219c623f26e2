#if PostgreSQL
    import EnvironmentDomain
    import Persistence

    /// The right to change one environment, as long as one session of the database lives.
    ///
    /// Everything is done over that session. When it ends the lease is lost for good: the next holder may be at work.
    actor PostgresLease: EnvironmentLease {
        nonisolated let name: EnvironmentName
        nonisolated let repository: PostgresEnvironmentRepository
        private nonisolated let connection: Connection
        private let key: Int
        private let fence: Int
        let run: CommandRun
        private var holder: LeaseHolder
        private let takenAt = ContinuousClock.now
        private var isReleased = false
        private var isLost = false

        /// What stands in the table, whether it can be read or not.
        struct Place {
            let lineage: String
            let serial: Int
            let hash: String
        }
        private(set) var place: Place?
        private(set) var current: Result<StoredEnvironment?, RepositoryError>
        /// Events whose save failed.
        var missed: [HistoryEvent] = []
        /// The newest environment that could not be saved.
        private var unsaved: StoredEnvironment?
        /// Whether there may be emergency records for a save to remove.
        private var mayHaveRecords = true

        // The connection's own queue, so that a save is one visit to it.
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe connection.unownedExecutor }

        init(
            _ repository: PostgresEnvironmentRepository, _ name: EnvironmentName, _ connection: Connection, key: Int,
            fence: Int, holder: LeaseHolder, run: CommandRun, row: Row
        ) async {
            self.repository = repository
            self.name = name
            self.connection = connection
            self.key = key
            self.fence = fence
            self.holder = holder
            self.run = run
            current = .success(nil)
            await read(row)
        }

        /// The last resort for a lease that was dropped.
        deinit {
            guard !isReleased else { return }
            Task { [connection, name, fence, key, repository] in
                // Closing the connection frees the lock too; this way the next holder need not ask what became of it.
                if (try? await connection.run(Statements.end(name.text, fence, key))) == nil {
                    await connection.close()
                } else {
                    await repository.pool.giveBack(connection)
                }
            }
        }

        /// Uses the connection, on whose queue all of this runs.
        private func onConnection<Result: Sendable>(_ body: (isolated Connection) throws -> Result) rethrows -> Result {
            try connection.assumeIsolated(body)
        }

        private func read(_ row: Row) async {
            guard let text = row[1], let lineage = row[2], let serial = row.number(3), let hash = row[4] else { return }
            place = Place(lineage: lineage, serial: serial, hash: hash)
            do throws(RepositoryError) {
                let stored = try EnvironmentDocument.read(
                    Array(text.utf8), of: name, at: repository.place(of: name), willBeReplaced: true)
                guard stored.serial == serial, stored.lineage?.text == lineage else {
                    throw RepositoryError(
                        .corruptedStateFile,
                        "\(repository.place(of: name)) stands in a row with another serial or lineage. Nothing was changed."
                    )
                }
                current = .success(stored)
                if let record = repository.emergencyRecords.newest(
                    of: name, lineage: stored.lineage ?? .random(), after: serial)
                {
                    log(
                        .warning, "an emergency record is newer than what is stored; the next save makes it void",
                        "path",
                        record)
                }
            } catch {
                current = .failure(await repository.withBackup(error, of: name))
            }
        }

        var stored: StoredEnvironment? {
            get throws(RepositoryError) { try current.get() }
        }

        // MARK: Saving

        func save(
            _ environment: AnyEnvironmentState, event: HistoryEvent
        ) async throws(RepositoryError) -> StoredEnvironment {
            guard environment.name == name else {
                throw RepositoryError(
                    .wrongEnvironment,
                    "The lease is for \(name), and the environment to save is \(environment.name); nothing was saved.")
            }
            let before = try current.get()
            return try await save(
                environment, event: event, lineage: before?.lineage ?? .random(), serial: (before?.serial ?? 0) + 1,
                previous: before?.line)
        }

        func save(
            _ environment: AnyEnvironmentState, event: HistoryEvent, lineage: Lineage, serial: Int,
            previous: HistoryLine?
        ) async throws(RepositoryError) -> StoredEnvironment {
            let start = ContinuousClock.now
            let next = StoredEnvironment(
                document: environment, lineage: lineage, serial: serial, savedAt: event.at,
                line: HistoryLine(
                    serial: serial, event: event,
                    previous: previous.flatMap { try? $0.text() }.map { Checksum(of: $0) }, missed: missed))
            do throws(RepositoryError) {
                try checkHeld()
                try await write(next)
                repository.metrics.count(nil, ContinuousClock.now - start)
                return next
            } catch {
                // What stands there although the lease is lost was not missed.
                if !((try? current.get()) == next) { missed.append(event) }
                repository.metrics.count(error.code, ContinuousClock.now - start)
                throw error
            }
        }

        private func write(_ next: StoredEnvironment) async throws(RepositoryError) {
            let text = String(decoding: try EnvironmentDocument.text(of: next), as: UTF8.self)
            let line: String
            do {
                line = String(decoding: try next.line?.text() ?? [], as: UTF8.self)
            } catch {
                throw RepositoryError(
                    .serializationFailed, "A history line cannot be written as JSON: \(error).", cause: error)
            }
            unsaved = next
            let saveID = LockID.random().text
            var parameters: [String?] = [
                name.text, "\(fence)", nil, next.lineage?.text, "\(next.serial)", next.document.state.rawValue, text,
                saveID,
                line,
            ]
            if let place {
                parameters += [
                    place.lineage, "\(place.serial)", place.hash, "\(next.serial - 1 - repository.backupsKept)",
                ]
            }
            let row: Row?
            do {
                row = try onConnection { [statement = place == nil ? Statements.create : Statements.replace] in
                    var parameters = parameters
                    parameters[2] = "\($0.backend)"
                    return try $0.run(statement, parameters).first
                }
            } catch let error as PostgresError where !error.leavesConnection {
                throw await settle(next, saveID, after: error)
            } catch {
                throw saveFailure(error)
            }
            guard let row, let hash = row[0] else { throw try await whyNothingWasSaved() }
            accept(next, hash)
        }

        /// Stores an environment with its past; a part of ``adopt(_:history:backups:)``.
        func insert(
            _ stored: StoredEnvironment, history: (serials: [String], lines: [String]),
            backups: (serials: [String], documents: [String])
        ) async throws(RepositoryError) {
            try checkHeld()
            let text = String(decoding: try EnvironmentDocument.text(of: stored), as: UTF8.self)
            let row: Row?
            do {
                row = try onConnection { [name, fence] in
                    try $0.run(
                        Statements.adopt,
                        [
                            name.text, "\(fence)", "\($0.backend)", stored.lineage?.text, "\(stored.serial)",
                            stored.document.state.rawValue, text, arrayLiteral(history.serials),
                            arrayLiteral(history.lines),
                            arrayLiteral(backups.serials), arrayLiteral(backups.documents),
                        ]
                    ).first
                }
            } catch let error as PostgresError where !error.leavesConnection {
                isLost = true
                throw RepositoryError(
                    .durabilityUnknown,
                    "Whether \(name) was stored is not known: the connection to the database was lost before it said so. Look "
                        + "with a load what is stored.", cause: error)
            } catch {
                throw saveFailure(error)
            }
            guard let hash = row?[0] else { throw try await whyNothingWasSaved() }
            accept(stored, hash)
        }

        private func accept(_ next: StoredEnvironment, _ hash: String) {
            place = Place(lineage: next.lineage?.text ?? "", serial: next.serial, hash: hash)
            current = .success(next)
            missed = []
            unsaved = nil
            if mayHaveRecords, let lineage = next.lineage {
                mayHaveRecords = repository.emergencyRecords.discard(of: name, lineage: lineage, upTo: next.serial)
            }
        }

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

        /// Finds out, over another session, whether a save came through whose answer never came.
        private func settle(_ next: StoredEnvironment, _ saveID: String, after cause: PostgresError) async
            -> RepositoryError
        {
            lose("\(cause)")
            let isSaved = await Settlement(repository: repository, name: name, fence: fence, saveID: saveID).isSaved()
            let advice = "Another command may be at work on \(name) by now; load what is stored."
            switch isSaved {
            case true?:
                accept(next, "")
                return RepositoryError(
                    .lockLost,
                    "The state of \(name) was saved (serial \(next.serial)), and right then the connection to the database was "
                        + "lost, and with it the right to change more. \(advice)", cause: cause)
            case false?:
                return RepositoryError(
                    .lockLost,
                    "The state of \(name) was not saved: the connection to the database was lost, and with it the right to "
                        + "change anything. What was stored before is untouched. \(advice)", cause: cause)
            case nil:
                return RepositoryError(
                    .durabilityUnknown,
                    "Whether the state of \(name) was saved is not known: the connection to the database was lost before it "
                        + "said so, and it cannot be reached again (\(repository.server)). Look with a load what is stored.",
                    cause: cause)
            }
        }

        private func whyNothingWasSaved() async throws(RepositoryError) -> RepositoryError {
            let row: Row?
            do {
                row = try onConnection { [name] in try $0.run(Statements.diagnosis, [name.text]).first }
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
            let kept = try? keepEmergencyRecord()
            return RepositoryError(
                .conflict,
                "\(repository.place(of: name)) was changed by somebody who does not hold its lock; that change was left as it "
                    + "is and nothing was saved. \(kept.map { "What was to be saved is kept in \($0). " } ?? "")"
                    + "Compare it with what you expect.")
        }

        func keepEmergencyRecord() throws(RepositoryError) -> String? {
            guard let unsaved else { return nil }
            mayHaveRecords = true
            return try repository.emergencyRecords.keep(unsaved)
        }

        // MARK: Holding and giving back

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

        func note(_ command: CommandName, _ run: CommandRun, step: StepName?) {
            guard !isReleased, !isLost else { return }
            holder.command = command
            holder.commandID = run.id
            holder.step = step
            do {
                try onConnection { [name, fence, record = holder.record] in
                    _ = try $0.run(Statements.note, [name.text, "\(fence)", record])
                }
            } catch {
                log(
                    .warning, "the lock's record could not be written; others will not see who holds it", "reason",
                    "\(error)")
            }
        }

        func delete() async throws(RepositoryError) {
            try checkHeld()
            let workspace = repository.workspace(for: name)
            try await workspace.removeFiles(of: name) { () throws(RepositoryError) in try deleteRows() }
            if let lineage = try? current.get()?.lineage {
                repository.emergencyRecords.discard(of: name, lineage: lineage, upTo: .max)
            }
            place = nil
            current = .success(nil)
            missed = []
            unsaved = nil
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
                .debug, "lock released", "held_seconds",
                "\(Double((ContinuousClock.now - takenAt).milliseconds) / 1000)")
        }

        func waitUntilLost() async {
            let pause = Duration.seconds(5)
            var nextQuestion = ContinuousClock.now + pause
            while !Task.isCancelled {
                if isLost { return }
                if !isReleased {
                    if onConnection({ $0.isLost() }) { return lose("seen while idle") }
                    // Behind a proxy the socket stays open when the session ends, or the way to it.
                    if .now >= nextQuestion {
                        do {
                            _ = try onConnection { try $0.run("SELECT 1", within: .seconds(5)) }
                        } catch {
                            return lose("\(error)")
                        }
                        nextQuestion = .now + pause
                    }
                }
                // A tenth of a second is little beside the time that stopping a step takes. Cancelling ends it.
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
