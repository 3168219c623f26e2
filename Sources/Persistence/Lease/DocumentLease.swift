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
    var text: (line: HistoryLine, bytes: [UInt8])?
    /// Whether making the last document durable took longer than handing work to another thread does.
    var isDiskSlow = true
    /// Open from the first save on.
    var backups: Folder?
    /// Whether the history holds the lines of all saves before the next one, and no torn one.
    var historyIsWhole = false
    /// Lines of this lease's saves, by serial, that could not be written yet.
    var unwritten: [Int: [UInt8]] = [:]
    /// Events whose save failed.
    var missed: [HistoryEvent] = []
    /// The newest document that could not be saved.
    var unsaved: (serial: Int, lineage: Lineage?, bytes: [UInt8])?
    /// Whether there may be emergency records for a save to remove: nobody but the lease's holder makes any.
    var mayHaveRecords = true

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
            let reason = (error as? SystemError).map { "\($0.subject): \($0.reasonAndWayOut())" } ?? "\(error)."
            throw RepositoryError(
                .deleteStateFailed,
                "Not everything of \(store.name) could be removed: \(reason) Repair that, and remove it again.",
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

    func warn(_ message: String, _ error: SystemError?, path: String? = nil) {
        Persistence.warn(message, error, path: path ?? folder.path)
    }
}
