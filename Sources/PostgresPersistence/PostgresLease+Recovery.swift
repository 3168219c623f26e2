#if PostgreSQL
    import EnvironmentDomain
    import Persistence

    /// The way back from damage, and the way in from another repository.
    extension PostgresLease {
        /// Puts an earlier state back, as a normal save with the next serial; a damaged one becomes a backup.
        func restore(
            _ earlier: StoredEnvironment, event: HistoryEvent
        ) async throws(RepositoryError) -> StoredEnvironment {
            try await put(earlier, event: event)
        }

        /// Brings in a record from a file, as a normal save with the next serial.
        func recover(
            _ record: StoredEnvironment, from path: String, event: HistoryEvent
        ) async throws(RepositoryError) -> StoredEnvironment {
            let before = try? current.get()
            if let place {
                guard record.lineage?.text == place.lineage else {
                    throw RepositoryError(
                        .recordRefused,
                        "\(path) is of another environment that had the same name (its lineage is another than that of what is "
                            + "stored); nothing was changed.", path: path)
                }
                // The very same was put into place by a save whose answer never came: saving it again confirms it.
                guard place.serial < record.serial || before == record || before == nil else {
                    throw RepositoryError(
                        .recordRefused,
                        "\(path) is not newer than what is stored (serial \(record.serial), stored is \(place.serial)); "
                            + "nothing was changed.", path: path)
                }
            }
            if place.map({ $0.serial < record.serial }) ?? true {
                missed = record.line.map { $0.missed + [$0.event] } ?? []
            }
            return try await put(record, event: event)
        }

        private func put(
            _ record: StoredEnvironment, event: HistoryEvent
        ) async throws(RepositoryError) -> StoredEnvironment {
            if case .failure(let error) = current, error.code == .schemaTooNew { throw error }
            let lineage: Lineage
            if let place, let stored = try? Lineage(place.lineage) {
                lineage = stored
            } else {
                lineage = record.lineage ?? .random()
            }
            let text = try await repository.read(Statements.newestLine, [name.text, lineage.text]).first?[0]
            let previous = text.flatMap { try? HistoryLine(text: $0.utf8) } ?? record.line
            return try await save(
                record.document, event: event, lineage: lineage,
                serial: max(place?.serial ?? record.serial, previous?.serial ?? 0) + 1, previous: previous)
        }

        /// Stores an environment of another repository as it is, where nothing is stored.
        func adopt(
            _ stored: StoredEnvironment, history: [HistoryLine], backups: [StoredEnvironment]
        ) async throws(RepositoryError) {
            guard place == nil, case .success(nil) = current else {
                throw RepositoryError(
                    .recordRefused, "\(repository.place(of: name)) is there already; nothing was changed.")
            }
            guard history.isEmpty || history.last == stored.line else {
                throw RepositoryError(
                    .recordRefused, "The history of \(name) does not lead up to its state; nothing was changed.")
            }
            let kept = backups.filter {
                $0.serial < stored.serial && $0.serial >= stored.serial - repository.backupsKept
                    && $0.lineage == stored.lineage
            }
            var documents: [String] = []
            var lines: [String] = []
            do {
                for backup in kept {
                    documents.append(String(decoding: try EnvironmentDocument.text(of: backup), as: UTF8.self))
                }
                for line in history { lines.append(String(decoding: try line.text(), as: UTF8.self)) }
            } catch {
                throw RepositoryError(
                    .serializationFailed,
                    "The past of \(name) cannot be written as JSON: \(error). Nothing was changed.",
                    cause: error)
            }
            try await insert(
                stored, history: (history.map { "\($0.serial)" }, lines),
                backups: (kept.map { "\($0.serial)" }, documents))
        }
    }
#endif
