public import EnvironmentDomain
import OperatingSystem

/// What an earlier holder left behind, and the way back from damage.
extension DocumentLease {
    /// Looks into what is stored, and mends what an earlier holder or somebody else left undone or damaged.
    func look() {
        if case .success(let stored?) = current, let seen {
            guard store.format.isFaithful(stored, to: seen) else {
                current = .failure(store.unknownMembersError(in: folder))
                completeHistory()
                return
            }
            unproven = nil
            if DocumentFormat<Document>.schemaVersion > 1, stored.serial > 0,
                case let version = store.format.version(of: seen), version < DocumentFormat<Document>.schemaVersion
            {
                EnvironmentLog.log(
                    .info, "an older program wrote this document; the next save writes its new form",
                    ["path": store.path, "schema_version": "\(version)"])
            }
            if let lineage = stored.lineage,
                let record = store.emergencyFolder.newest(name: store.name, lineage: lineage, after: stored.serial)
            {
                warn(
                    "an emergency record is newer than what is stored; the next save makes it void", nil,
                    path: record)
            }
        }
        completeHistory()
        if case .failure(let error) = current, error.isDamage, store.damagePolicy != .fail { mend(error) }
    }

    /// Does with a damaged document what the store's policy says.
    private func mend(_ damage: RepositoryError) {
        EnvironmentLog.log(.error, "damaged document", ["path": store.path, "reason": damage.message])
        do throws(RepositoryError) {
            if store.damagePolicy == .setAside {
                try beginAnew()
            } else if let backup = store.newestGoodBackup(in: folder) {
                try recover(
                    backup.stored, from: backup.path,
                    event: HistoryEvent(
                        command: .restore, commandID: run.id, change: .saved, reason: damage.message))
                EnvironmentLog.log(.error, "a damaged document was replaced by a backup", ["path": backup.path])
            } else {
                EnvironmentLog.log(
                    .error, "there is no good backup of a damaged document", ["path": store.path])
            }
        } catch {
            EnvironmentLog.log(
                .error, "a damaged document could not be replaced", ["path": store.path, "reason": "\(error)"])
        }
    }

    /// Gives the damaged file a free name, and nothing is stored from then on.
    private func beginAnew() throws(RepositoryError) {
        let name = JSONDocumentStore<Document>.fileName
        var aside = "\(name).bak"
        var number = 1
        do throws(SystemError) {
            while try folder.status(of: aside) != nil {
                number += 1
                aside = "\(name).bak.\(number)"
            }
            try folder.rename(name, to: aside)
            try folder.synchronize()
        } catch {
            throw writeError(error)
        }
        warn("the damaged document is kept under another name", nil, path: folder.path(of: aside))
        seen = nil
        current = .success(nil)
    }

    /// Brings in the lines that a crash kept from the history: from the newest backups and from the state itself.
    ///
    /// What fails is tried again before the next line: a line behind a torn one, or behind a gap, would be a lasting
    /// damage.
    func completeHistory() {
        historyIsWhole = false
        do throws(SystemError) {
            let tail = try history.tail()
            if let tail, !tail.torn.isEmpty {
                warn("the history ended in a torn line, which is kept aside", nil, path: historyPath)
                try history.cut(tail)
            }
            guard let stored = try? current.get(), let newest = stored.line else {
                historyIsWhole = true
                return
            }
            let last = tail?.newest?.serial ?? 0
            if last > stored.serial {
                warn(
                    "the history is ahead of the state file, which somebody must have put back", nil, path: historyPath)
            }
            guard last < stored.serial else {
                unwritten = [:]
                historyIsWhole = true
                return
            }
            let oldest = stored.serial - store.backupsKept
            // Before these there is nothing to look for, however many are missing.
            let first = max(last + 1, min(oldest, unwritten.keys.min() ?? oldest))
            var lost = first > last + 1 ? [last + 1, first - 1] : []
            for serial in first...stored.serial {
                var text = serial == stored.serial ? try? newest.text() : unwritten[serial]
                if text == nil && serial >= oldest { text = try lineInBackup(serial) }
                guard let text else {
                    lost.append(serial)
                    continue
                }
                try history.append(text, linesInBackups: store.backupsKept)
            }
            unwritten = [:]
            historyIsWhole = true
            if let first = lost.first, let last = lost.last {
                warn(
                    "history lines \(first) to \(last) are lost: no backup holds them any more", nil,
                    path: historyPath)
            }
        } catch {
            warn("the history could not be completed", error, path: historyPath)
        }
    }

    /// The history line of the save that made a backup; nil when there is no such backup, or it is damaged.
    private func lineInBackup(_ serial: Int) throws(SystemError) -> [UInt8]? {
        let bytes: [UInt8]
        do {
            let backups = try folder.folder(JSONDocumentStore<Document>.backupsName)
            bytes = try backups.open(JSONDocumentStore<Document>.backupName(serial), .read).read()
        } catch  where error.isNotFound {
            return nil
        }
        return try? store.format.decode(bytes).line?.text()
    }

    /// Brings in a document from a file: an emergency record or a backup, as a normal save with the next serial.
    ///
    /// A stored document that is damaged is kept aside and replaced.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when the file is of another lineage or not newer than what is
    ///   stored, `schemaTooNew` when a newer program wrote what is stored, or what a save throws.
    @discardableResult
    public func recover(
        _ record: StoredDocument<Document>, from path: String, event: HistoryEvent
    ) throws(RepositoryError) -> StoredDocument<Document> {
        switch proven {
        case .success(let before?):
            guard before.lineage == nil || before.lineage == record.lineage else {
                throw RepositoryError(
                    .recordRefused,
                    "\(path) is of another environment that had the same name (lineage \(text(record.lineage)), "
                        + "stored is \(text(before.lineage))); nothing was changed.", path: path)
            }
            // The very same was put into place by a save that could not be confirmed: saving it again confirms it.
            guard before.serial < record.serial || before == record else {
                throw RepositoryError(
                    .recordRefused,
                    "\(path) is not newer than what is stored (serial \(record.serial), stored is \(before.serial)); "
                        + "nothing was changed.", path: path)
            }
            if before.serial < record.serial { missed = events(of: record) }
            return try save(record.document, event: event, serial: before.serial + 1, after: before)
        case .failure(let error) where error.code == .schemaTooNew:
            throw error
        case .success(nil), .failure:
            if case .failure = current { try setDamagedAside() }
            // The history goes on where it ended, so that no serial is given twice.
            let newest = (try? history.tail())?.newest
            let last = newest?.serial ?? 0
            if record.serial > last { missed = events(of: record) }
            let before = StoredDocument(
                document: record.document, lineage: record.lineage, serial: max(record.serial, last), savedAt: nil,
                line: newest ?? record.line)
            let saved = try save(record.document, event: event, serial: before.serial + 1, after: before)
            removeBackups(before: saved.serial - store.backupsKept)
            return saved
        }
    }

    private func events(of record: StoredDocument<Document>) -> [HistoryEvent] {
        record.line.map { $0.missed + [$0.event] } ?? []
    }

    /// Puts back the document that had that serial, as a normal save with the next serial.
    ///
    /// A stored document that is damaged is kept aside and replaced.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when no good backup has that serial, or what a save throws.
    @discardableResult
    public func restore(_ serial: Int, event: HistoryEvent) throws(RepositoryError) -> StoredDocument<Document> {
        guard let record = try store.state(at: serial) else {
            throw RepositoryError(
                .recordRefused,
                "There is no good backup of \(store.name) with serial \(serial); nothing was changed."
                    + store.backupAdvice(in: folder), path: folder.path(of: JSONDocumentStore<Document>.backupsName))
        }
        guard case .success(let before?) = proven else {
            return try recover(
                record, from: "\(folder.path)/\(JSONDocumentStore<Document>.backupsName)", event: event)
        }
        return try save(record.document, event: event, serial: before.serial + 1, after: before)
    }

    /// Removes the backups that a leap in the serials left behind what a save removes, but never the last good one.
    private func removeBackups(before serial: Int) {
        guard let backups = try? folder.folder(JSONDocumentStore<Document>.backupsName) else { return }
        let serials = store.serials(in: backups).sorted(by: >)
        guard let good = serials.first(where: { store.backup($0, in: backups) != nil }) else { return }
        for old in serials where old < min(serial, good) {
            // One more than asked for does no harm, and the next leap tries again.
            _ = try? backups.remove(JSONDocumentStore<Document>.backupName(old))
        }
    }

    private func text(_ lineage: Lineage?) -> String { lineage.map { "\($0.text.prefix(8))…" } ?? "unknown" }

    /// Keeps what is damaged under another name.
    ///
    /// What can be read stays in place as well until a save replaces it.
    private func setDamagedAside() throws(RepositoryError) {
        let name = JSONDocumentStore<Document>.fileName
        let aside = "\(name).damaged-\(Timestamp.now())"
        do throws(SystemError) {
            if seen == nil {
                try folder.rename(name, to: aside)
            } else {
                try folder.link(name, to: aside, in: folder)
            }
        } catch {
            throw writeError(error)
        }
        warn("damaged state file kept under another name", nil, path: folder.path(of: aside))
    }
}
