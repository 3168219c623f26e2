#if PostgreSQL
    public import EnvironmentDomain
    public import Persistence

    /// The past of environments, for tools that show it and bring it back.
    extension PostgresEnvironmentRepository {
        public var location: String { server.description }

        public func historyLines(of name: EnvironmentName) async throws(RepositoryError) -> [HistoryLine]? {
            try await history(of: name)?.lines
        }

        /// What the history tells, and what contradicts it; nil when nothing is stored.
        ///
        /// - Throws: `RepositoryError` with `readStateFailed`.
        public func history(of name: EnvironmentName) async throws(RepositoryError) -> DocumentHistory? {
            // The state comes first: a save that ends meanwhile is in the history then, and not missing from it.
            guard let text = try await read(Statements.load, [name.text]).first?[0] else { return nil }
            let newest = try? EnvironmentDocument.read(Array(text.utf8), of: name, at: place(of: name)).line
            let texts = try await read(Statements.history, [name.text]).map { Array(($0[0] ?? "").utf8) }
            let history = DocumentHistory(texts: texts, of: "history of \(name)", newest: newest)
            for flaw in history.flaws {
                log(.warning, "the history is not what was written", name, "flaw", "\(flaw)")
            }
            return history
        }

        public func backups(of name: EnvironmentName) async throws(RepositoryError) -> [EnvironmentBackup] {
            try await read(Statements.backups, [name.text]).map { row in
                let serial = row.number(0) ?? 0
                return EnvironmentBackup(
                    serial: serial, location: "\(place(of: name)), serial \(serial)",
                    stored: try? EnvironmentDocument.read(Array((row[1] ?? "").utf8), of: name, at: place(of: name)))
            }
        }

        public func state(of name: EnvironmentName, at serial: Int) async throws(RepositoryError) -> StoredEnvironment?
        {
            let rows = try await read(Statements.documentAt, [name.text, "\(serial)"])
            return rows.map { $0[0] ?? "" }.lazy
                .compactMap { try? EnvironmentDocument.read(Array($0.utf8), of: name, at: place(of: name)) }.first
        }

        public func emergencyRecord(of name: EnvironmentName) async throws(RepositoryError) -> String? {
            guard let stored = try await load(name), let lineage = stored.lineage else { return nil }
            return emergencyRecords.newest(of: name, lineage: lineage, after: stored.serial)
        }

        public func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
            guard try await holder(of: name) == nil else { return nil }
            return try await read(Statements.abandoned, [name.text]).first?[0].flatMap(LeaseHolder.init(record:))
        }

        public func isKnown(_ name: EnvironmentName) async throws(RepositoryError) -> Bool {
            try await read(Statements.isKnown, [name.text]).first?.isTrue(0) ?? false
        }

        /// Clears the record of a holder that ended without a word; the history itself is never behind the state here.
        public func completeHistory(of name: EnvironmentName) async throws(RepositoryError) {
            guard try await abandoned(name) != nil else { return }
            do throws(RepositoryError) {
                try await withLockTimeout(.zero).lease(name, for: .save, run: CommandRun()).release()
            } catch {
                // Somebody else took it first and does the same, or it is too early to take it over.
                guard error.code == .lockAcquisitionFailed else { throw error }
            }
        }

        @discardableResult
        public func restore(
            _ name: EnvironmentName, to serial: Int, reason: String
        ) async throws(RepositoryError) -> StoredEnvironment {
            guard let earlier = try await state(of: name, at: serial) else {
                throw RepositoryError(
                    .recordRefused, "No good backup of \(name) has the serial \(serial) any more; nothing was changed.")
            }
            return try await save(name, for: .restore, earlier.document.state, reason: reason) {
                lease, event throws(RepositoryError) in
                try await lease.restore(earlier, event: event)
            }
        }

        @discardableResult
        public func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError)
            -> StoredEnvironment
        {
            let record = try EmergencyRecords.read(path, of: name)
            return try await save(name, for: .recover, record.document.state, reason: nil) {
                lease, event throws(RepositoryError) in
                try await lease.recover(record, from: path, event: event)
            }
        }

        public func editedState(of name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
            let text = try await read(Statements.load, [name.text]).first?[0].map { Array($0.utf8) }
            return try EnvironmentDocument.readEdited(
                text, of: name, at: place(of: name),
                lineage: try await backups(of: name).lazy.compactMap(\.stored).first?.lineage)
        }

        @discardableResult
        public func acceptEdit(
            of name: EnvironmentName, reason: String
        ) async throws(RepositoryError) -> StoredEnvironment {
            let edited = try await editedState(of: name)
            return try await save(name, for: .acceptEdit, edited.document.state, reason: reason) {
                lease, event throws(RepositoryError) in
                // Once more, under the lease: what was looked at before may be another edit.
                guard try await editedState(of: name) == edited else {
                    throw RepositoryError(
                        .conflict, "\(place(of: name)) was changed a moment ago; nothing was changed. Look again.")
                }
                return try await lease.recover(edited, from: place(of: name), event: event)
            }
        }

        public func adopt(
            _ stored: StoredEnvironment, history: [HistoryLine], backups: [StoredEnvironment]
        ) async throws(RepositoryError) {
            let lease = try await lease(stored.document.name, for: .save, run: CommandRun())
            do throws(RepositoryError) {
                try await lease.adopt(stored, history: history, backups: backups)
                await lease.release()
            } catch {
                await lease.release()
                throw error
            }
        }

        /// Runs `body` under a lease, with the event of a save that leaves the environment in `state`.
        private func save(
            _ name: EnvironmentName, for command: CommandName, _ state: LifecycleState, reason: String?,
            _ body: (PostgresLease, HistoryEvent) async throws(RepositoryError) -> StoredEnvironment
        ) async throws(RepositoryError) -> StoredEnvironment {
            let run = CommandRun()
            let lease = try await lease(name, for: command, run: run)
            do throws(RepositoryError) {
                let before = try? await lease.stored?.document
                if let freeze = before?.context.freeze, freeze.holds() {
                    throw RepositoryError(
                        .frozen, "\(command) of \(name) was refused: it is \(freeze). Nothing was changed.")
                }
                let saved = try await body(
                    lease,
                    HistoryEvent(
                        command: command, commandID: run.id,
                        change: .transition(from: before?.state ?? state, to: state),
                        reason: reason))
                await lease.release()
                return saved
            } catch {
                await lease.release()
                throw error
            }
        }
    }
#endif
