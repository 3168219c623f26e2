public import EnvironmentDomain
import OperatingSystem

/// The lock of a document's folder, held, and the only way to save.
public actor DocumentLease<Document: Codable & Hashable & Sendable> {
    nonisolated let store: JSONDocumentStore<Document>
    let folder: Folder
    let run: CommandRun
    private let takenAt = ContinuousClock.now
    private let executor = QueueExecutor(label: "document lease")
    var lock: FileLock?
    private var holder: LeaseHolder
    var history: HistoryFile
    /// The file's bytes as this lease last saw or wrote them; nil when there is no file.
    var seen: [UInt8]?
    /// What ``seen`` says; nil until somebody asks, since not every lease does.
    private var decoded: Result<StoredDocument<Document>?, RepositoryError>?
    /// A stored document of which nobody has made sure yet that a save would drop nothing of it.
    var unproven: StoredDocument<Document>?
    /// A history line and the bytes that it stands for in the history.
    private var text: (line: HistoryLine, bytes: [UInt8])?
    /// Whether making the last document durable took longer than handing work to another thread does.
    private var isDiskSlow = true
    /// Open from the first save on.
    private var backups: Folder?
    /// Whether the history holds the lines of all saves before the next one, and no torn one.
    var historyIsWhole = false
    /// Lines of this lease's saves, by serial, that could not be written yet.
    var unwritten: [Int: [UInt8]] = [:]
    /// Events whose save failed.
    var missed: [HistoryEvent] = []
    /// The newest document that could not be saved.
    private var unsaved: (serial: Int, lineage: Lineage?, bytes: [UInt8])?
    /// Whether there may be emergency records for a save to remove: nobody but the lease's holder makes any.
    private var mayHaveRecords = true

    nonisolated public var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        store: JSONDocumentStore<Document>, folder: Folder, lock: FileLock, holder: LeaseHolder, run: CommandRun,
        _ beginning: LeaseBeginning<Document>
    ) {
        self.store = store
        self.folder = folder
        self.lock = lock
        self.run = run
        self.holder = holder
        history = HistoryFile(folder: folder, rotation: store.historyRotation)
        historyIsWhole = beginning.isPlain
        switch beginning.seen {
        case .success(let bytes): seen = bytes
        case .failure(let error): decoded = .failure(error)
        }
    }

    /// The last resort for a lease that was dropped: the lock is free, and the next holder does not take this one for dead.
    deinit {
        guard let lock else { return }
        _ = try? lock.file.truncate(to: 0)
        _ = try? lock.release()
    }

    /// What is stored, as this lease last saw or saved it; the store's initial document when nothing is.
    ///
    /// - Throws: `RepositoryError` when what is stored is damaged.
    public var stored: StoredDocument<Document>? {
        get throws(RepositoryError) { try proven.get() ?? store.beginning }
    }

    /// What is stored, or why it cannot be read or may not be replaced.
    var proven: Result<StoredDocument<Document>?, RepositoryError> {
        guard case .success = current, let unproven, let seen else { return current }
        self.unproven = nil
        if !store.format.isFaithful(unproven, to: seen) { current = .failure(store.unknownMembersError(in: folder)) }
        return current
    }

    /// What is stored, or why it cannot be read.
    var current: Result<StoredDocument<Document>?, RepositoryError> {
        get {
            if let decoded { return decoded }
            let read: Result<StoredDocument<Document>?, RepositoryError>
            if let seen {
                read = Result { () throws(RepositoryError) in try store.decode(seen, in: folder) }
                unproven = try? read.get()
            } else {
                read = .success(nil)
            }
            decoded = read
            return read
        }
        set {
            decoded = newValue
            unproven = nil
        }
    }

    /// Puts the document in place of what is stored.
    ///
    /// - Throws: `RepositoryError`: `serializationFailed`, `lockLost`, `conflict`, `writeStateFailed` or, as
    ///   ``stored`` does, what is damaged, with the stored document untouched; `durabilityUnknown` with the new one in
    ///   place.
    @discardableResult
    public func save(
        _ document: Document, event: HistoryEvent
    ) throws(RepositoryError) -> StoredDocument<Document> {
        let before = try current.get()
        return try save(document, event: event, serial: (before?.serial ?? 0) + 1, after: before)
    }

    /// Puts the document in place of what is stored, for the reason given.
    ///
    /// - Throws: what ``save(_:event:)`` throws.
    @discardableResult
    public func save(
        _ document: Document, reason: String? = nil
    ) throws(RepositoryError) -> StoredDocument<Document> {
        try save(
            document,
            event: HistoryEvent(
                command: holder.command ?? .save, commandID: run.id, change: .saved, reason: reason))
    }

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
            return (bytes, try EmbeddedLine.text(in: bytes) ?? next.line?.text() ?? [])
        } catch {
            throw Self.serializationError(error, store)
        }
    }

    /// Makes sure, while the disk is at work, that the bytes decode to the document again and that the save drops nothing
    /// of what is stored.
    ///
    /// - Returns: what is wrong; nil for nothing. To be asked before the rename.
    func proof(of next: StoredDocument<Document>, _ bytes: [UInt8]) -> ParallelWork<RepositoryError?> {
        let stored = unproven.flatMap { stored in seen.map { (stored, $0) } }
        return ParallelWork(isAhead: isDiskSlow) { [store, folder] in
            do {
                try store.format.check(bytes, of: next)
            } catch {
                return Self.serializationError(error, store)
            }
            guard let (stored, bytes) = stored, !store.format.isFaithful(stored, to: bytes) else { return nil }
            return store.unknownMembersError(in: folder)
        }
    }

    private static func serializationError(_ error: any Error, _ store: JSONDocumentStore<Document>) -> RepositoryError
    {
        RepositoryError(
            .serializationFailed,
            "The state of \(store.name) cannot be written as JSON: \(error). Nothing was changed; this is a bug.",
            path: store.path, cause: error)
    }

    func checkLock() throws(RepositoryError) {
        do {
            if let lock, try lock.isStillNamed() { return }
        } catch {
            throw writeError(error)
        }
        throw RepositoryError(
            .lockLost,
            "The lock file of \(store.name) was removed or replaced while this process held it, so another process may "
                + "be at work. Nothing was saved. Find out who removed "
                + "\(folder.path(of: JSONDocumentStore<Document>.lockName)), and run the command again.",
            path: folder.path(of: JSONDocumentStore<Document>.lockName))
    }

    private func checkStored(_ proof: ParallelWork<RepositoryError?>) throws(RepositoryError) {
        guard let now = try store.bytes(in: folder) else {
            if seen != nil {
                warn("the state file was removed while the lease was held; this save makes it anew", nil)
                seen = nil
            }
            return
        }
        guard let seen, areSame(now, seen) else {
            let kept = proof.result == nil ? try? keepEmergencyRecord() : nil
            throw RepositoryError(
                .conflict,
                "\(store.path) was changed by somebody who does not hold its lock; that change was left as it is and "
                    + "nothing was saved. \(kept.map { "What was to be saved is kept in \($0). " } ?? "")"
                    + "Compare it with what you expect, and run the command again.",
                path: store.path)
        }
    }

    /// Makes sure, before anything is written, that it may be written and that there is room for it.
    func checkFolder(for document: [UInt8], _ line: [UInt8]) throws(RepositoryError) {
        do {
            try folder.checkWritable()
        } catch {
            throw error.isNotPermitted ? writeError(error, .notWritable) : writeError(error)
        }
        // Where the system does not say how much there is, the write will.
        guard let (available, block) = (try? folder.space()) ?? nil else { return }
        let needed = [document, line].reduce(0) { $0 + ($1.count + block - 1) / block * block }
        guard available < needed else { return }
        throw RepositoryError(
            .insufficientSpace,
            "The state of \(store.name) could not be saved: No space left on device: it needs \(needed) "
                + "bytes, and the disk of \(folder.path) has "
                + "\(available) left. What was stored before is untouched. Free some space on its disk, and run the "
                + "command again.", path: store.path, cause: InsufficientSpace(available: available, needed: needed))
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

    private func beginHistory() {
        history = HistoryFile(folder: folder, rotation: store.historyRotation)
        historyIsWhole = true
        unwritten = [:]
    }

    /// Puts the newest document that could not be saved into a record outside the folder.
    ///
    /// - Returns: the record's path; nil when every document was saved.
    public func keepEmergencyRecord() throws(RepositoryError) -> String? {
        guard let unsaved else { return nil }
        mayHaveRecords = true
        do {
            let path = try store.emergencyFolder.keep(
                unsaved.bytes, name: store.name, serial: unsaved.serial, lineage: unsaved.lineage)
            warn("emergency record written", nil, path: path)
            return path
        } catch {
            throw RepositoryError(
                .writeStateFailed,
                "The emergency record could not be written in \(store.emergencyFolder.path) either: \(error.reason).",
                path: store.emergencyFolder.path, cause: error)
        }
    }

    // MARK: Holding and giving back

    /// Says in the lock's record what is being done, for people who wait.
    public func note(_ command: CommandName, _ run: CommandRun, step: StepName?) {
        holder.command = command
        holder.commandID = run.id
        holder.step = step
        if let lock { LockRecord.write(holder, to: lock) }
    }

    /// Removes everything of the document but the lock file, the document first; what the folder holds beside that stays.
    ///
    /// - Parameter workingFiles: names in the folder that belong to the document too.
    /// - Throws: `RepositoryError` with `lockLost`, `busy` while a process that a command started still works, or
    ///   `deleteStateFailed`.
    public func delete(workingFiles: [String] = []) throws(RepositoryError) {
        try checkLock()
        do {
            guard let busy = try FileLock.attempt(Workspace.busyLockName, in: folder) else {
                throw RepositoryError(
                    .busy,
                    "A process that was started for \(store.name) still works, so nothing was removed. "
                        + "Wait until it ends, or stop it.", path: folder.path(of: Workspace.busyLockName))
            }
            try folder.remove(JSONDocumentStore<Document>.fileName)
            try folder.synchronize()
            for name in try folder.names()
            where name != JSONDocumentStore<Document>.lockName
                && (JSONDocumentStore<Document>.isOwn(name) || workingFiles.contains(name))
            {
                try folder.removeTree(name)
            }
            try folder.synchronize()
            _ = busy
        } catch let error as RepositoryError {
            throw error
        } catch {
            let reason = (error as? SystemError)?.description ?? "\(error)"
            throw RepositoryError(
                .deleteStateFailed,
                "Not everything of \(store.name) could be removed: \(reason). Mend that, and remove it again.",
                path: folder.path, cause: error)
        }
        if let lineage = try? current.get()?.lineage {
            store.emergencyFolder.discard(name: store.name, lineage: lineage, upTo: .max)
        }
        seen = nil
        current = .success(nil)
        backups = nil
        missed = []
        unsaved = nil
        beginHistory()
    }

    /// Gives the lock back.
    ///
    /// The second time does nothing.
    public func release() {
        guard let held = lock else { return }
        do {
            try history.synchronize()
        } catch {
            warn(
                "the history could not be made durable; its newest lines also stand in the backups", error,
                path: historyPath)
        }
        do {
            // An empty record says that the holder ended in order.
            try held.file.truncate(to: 0)
        } catch {
            warn("the lock's record could not be cleared", error, path: held.file.path)
        }
        do {
            try held.release()
        } catch {
            warn("the lock could not be freed before its file is closed", error, path: held.file.path)
        }
        lock = nil
        EnvironmentLog.log(
            .debug, "lock released",
            ["path": held.file.path, "held_seconds": "\((ContinuousClock.now - takenAt).seconds)"])
    }

    var historyPath: String { folder.path(of: HistoryFile.fileName) }

    func writeError(_ error: SystemError, _ code: RepositoryError.Code = .writeStateFailed) -> RepositoryError {
        let advice =
            error.isFull
            ? "Free some space on its disk" : "Check that \(ThisProcess.userName) may write to \(folder.path)"
        return RepositoryError(
            code,
            "The state of \(store.name) could not be saved: \(error.reason) (\(error.call) \(error.subject)). "
                + "What was stored before is untouched. \(advice).",
            path: store.path, cause: error)
    }

    func warn(_ message: String, _ error: SystemError?, path: String? = nil) {
        Persistence.warn(message, error, path: path ?? folder.path)
    }
}
