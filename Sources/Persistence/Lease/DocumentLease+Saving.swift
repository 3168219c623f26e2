import EnvironmentDomain
import OperatingSystem

/// What a save does, call by call.
extension DocumentLease {
    func save(
        _ document: Document, event: HistoryEvent, serial: Int, after before: StoredDocument<Document>?
    ) throws(RepositoryError) -> StoredDocument<Document> {
        let start = ContinuousClock.now
        do throws(RepositoryError) {
            let saved = try write(document, event: event, serial: serial, after: before)
            store.metrics.count(nil, ContinuousClock.now - start)
            return saved
        } catch {
            store.metrics.count(error.code, ContinuousClock.now - start)
            throw error
        }
    }

    private func write(
        _ document: Document, event: HistoryEvent, serial: Int, after before: StoredDocument<Document>?
    ) throws(RepositoryError) -> StoredDocument<Document> {
        let next = StoredDocument(
            document: document, lineage: before?.lineage ?? .random(), serial: serial, savedAt: event.at,
            line: HistoryLine(
                serial: serial, event: event, previous: checksum(ofLineOf: before), missed: missed))
        let earlier = unsaved
        do throws(RepositoryError) {
            let (bytes, line) = try encode(next)
            unsaved = (serial, next.lineage, bytes)
            let proof = proof(of: next, bytes)
            do throws(RepositoryError) {
                try checkLock()
                try checkStored(proof)
                try checkFolder(for: bytes, line)
                if (before?.serial ?? 0) == 0 { try setEarlierHistoryAside() }
                let backups = try put(bytes, replacing: before, proof)
                seen = bytes
                current = .success(next)
                if let written = next.line { text = (written, line) }
                missed = []
                defer { appendToHistory(line, serial: serial) }
                try makeDurable(backups: backups, isFirst: before == nil)
                EnvironmentLog.log(
                    .debug, "state saved",
                    [
                        "path": store.path, "serial": "\(serial)",
                        "backup": backups.map { $0.path(of: JSONDocumentStore<Document>.backupName(serial - 1)) }
                            ?? "none",
                    ])
            } catch {
                if let wrong = proof.result {
                    // An emergency record must not hold what does not decode.
                    unsaved = earlier
                    if wrong.code == .corruptedStateFile { current = .failure(wrong) }
                }
                throw error
            }
            unsaved = nil
            if mayHaveRecords, let lineage = next.lineage {
                mayHaveRecords = store.emergencyFolder.discard(name: store.name, lineage: lineage, upTo: serial)
            }
            return next
        } catch {
            if error.code != .durabilityUnknown { missed.append(event) }
            throw error
        }
    }

    private func checksum(ofLineOf before: StoredDocument<Document>?) -> Checksum? {
        guard let line = before?.line else { return nil }
        if let text, text.line == line { return Checksum(of: text.bytes) }
        return (try? line.text()).map { Checksum(of: $0) }
    }

    func encode(_ next: StoredDocument<Document>) throws(RepositoryError) -> (bytes: [UInt8], line: [UInt8]) {
        do {
            let bytes = try store.format.bytes(of: next)
            return (bytes, try DocumentFormat<Document>.line(of: bytes) ?? next.line?.text() ?? [])
        } catch {
            throw Self.serializationError(error, store)
        }
    }

    static func serializationError(_ error: any Error, _ store: JSONDocumentStore<Document>) -> RepositoryError {
        RepositoryError(
            .serializationFailed,
            "The state of \(store.name) cannot be written as JSON: \(error). Nothing was changed; this is a bug.",
            path: store.path, cause: error)
    }

    /// Writes the document beside the stored one, keeps the stored one as a backup and renames.
    ///
    /// The old state is in place until the rename and the new one from then on, each as a whole.
    func put(
        _ bytes: [UInt8], replacing before: StoredDocument<Document>?, _ proof: ParallelWork<RepositoryError?>
    ) throws(RepositoryError) -> Folder? {
        let serial = before.map { $0.serial + 1 } ?? 1
        let temporary = ".state.\(serial).\(LockID.random().text.prefix(8)).tmp"
        do throws(RepositoryError) {
            try writing { () throws(SystemError) in try write(bytes, to: temporary) }
            if let wrong = proof.result { throw wrong }
            return try writing { () throws(SystemError) in
                // What is damaged is kept aside and is no backup.
                let isGood = seen != nil && (try? current.get()) != nil
                let backups = isGood ? try keepBackup(serial - 1) : nil
                try folder.rename(temporary, to: JSONDocumentStore<Document>.fileName)
                return backups
            }
        } catch {
            // The next lease removes what is left of it; why the save failed is what counts.
            _ = try? folder.remove(temporary)
            throw error
        }
    }

    private func writing<Result>(_ body: () throws(SystemError) -> Result) throws(RepositoryError) -> Result {
        do {
            return try body()
        } catch {
            throw writeError(error)
        }
    }

    private func write(_ bytes: [UInt8], to temporary: String) throws(SystemError) {
        let file = try folder.open(temporary, .createNew)
        try file.write(bytes)
        // What a broken disk, file system or program made of it must not replace what is good.
        guard try file.holds(bytes) else { throw SystemError.changed(file.path) }
        let start = ContinuousClock.now
        try file.synchronize()
        isDiskSlow = ContinuousClock.now - start > .microseconds(50)
        try file.close()
    }

    /// Gives the stored file a second name among the backups; the bytes are not copied.
    private func keepBackup(_ serial: Int) throws(SystemError) -> Folder {
        let backups: Folder
        if let known = self.backups {
            backups = known
        } else {
            backups = try folder.makingFolder(JSONDocumentStore<Document>.backupsName)
        }
        do {
            try linkBackup(serial, in: backups)
        } catch {
            guard error.isNotFound, self.backups != nil else { throw error }
            // Somebody removed the folder that an earlier save opened.
            self.backups = nil
            return try keepBackup(serial)
        }
        self.backups = backups
        // More than one where fewer are to be kept than before. What was just linked is good, so one good one stays.
        var old = serial - store.backupsKept
        while try backups.remove(JSONDocumentStore<Document>.backupName(old)) { old -= 1 }
        return backups
    }

    private func linkBackup(_ serial: Int, in backups: Folder) throws(SystemError) {
        let name = JSONDocumentStore<Document>.backupName(serial)
        do {
            try folder.link(JSONDocumentStore<Document>.fileName, to: name, in: backups)
        } catch  where error.alreadyExists {
            // An earlier save came as far as this and no further, or left another state with this serial.
            try backups.remove(name)
            try folder.link(JSONDocumentStore<Document>.fileName, to: name, in: backups)
        }
    }

    func makeDurable(backups: Folder?, isFirst: Bool) throws(RepositoryError) {
        do throws(SystemError) {
            // At the same time: the file system makes both durable in about the time that it takes for one.
            let others = backups.map { backups in
                ParallelWork(isAhead: isDiskSlow) {
                    Result { () throws(SystemError) in try backups.synchronize() }
                }
            }
            try folder.synchronize()
            try others?.result.get()
            // Whoever made this folder may have been killed before its own entry was durable.
            if isFirst, let parent = parentPath(of: folder.path) { try Folder(parent).synchronize() }
        } catch {
            throw RepositoryError(
                .durabilityUnknown,
                "The new state of \(store.name) is in place in \(store.path), and the system could not confirm that it "
                    + "survives a power cut: \(error.reason). Check the disk.",
                path: store.path, cause: error)
        }
    }

    private func appendToHistory(_ line: [UInt8], serial: Int) {
        guard historyIsWhole else {
            unwritten[serial] = line
            completeHistory()
            return
        }
        do {
            try history.append(line, linesInBackups: store.backupsKept)
        } catch {
            historyIsWhole = false
            unwritten[serial] = line
            warn("a history line could not be written; it follows with the next save", error, path: historyPath)
        }
    }

    /// Puts the history of an environment whose state file is gone, or was replaced by a bare document, under another
    /// name: a new one begins at serial 1.
    func setEarlierHistoryAside() throws(RepositoryError) {
        do throws(SystemError) {
            let mark = Timestamp.now().text
            for name in history.file.names + [JSONDocumentStore<Document>.backupsName] {
                guard try folder.status(of: name) != nil else { continue }
                warn(
                    "this is from an earlier state file: set aside", nil,
                    path: folder.path(of: name))
                try folder.rename(name, to: "\(name).\(mark)")
            }
            backups = nil
            beginHistory()
        } catch {
            throw writeError(error)
        }
    }

    func beginHistory() {
        history = HistoryFile(folder: folder, rotation: store.historyRotation)
        historyIsWhole = true
        unwritten = [:]
    }

    func writeError(_ error: SystemError, _ code: RepositoryError.Code = .writeStateFailed) -> RepositoryError {
        RepositoryError(
            code,
            "The state of \(store.name) could not be saved: \(error.reason) (\(error.call) \(error.subject)). "
                + "What was stored before is untouched.\(error.wayOut().map { " \($0)" } ?? "")",
            path: store.path, cause: error)
    }
}
