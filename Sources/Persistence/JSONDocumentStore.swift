public import EnvironmentDomain
import OperatingSystem

/// Keeps one versioned JSON document in a folder: whole after any crash, changed by one process at a time, with the
/// states before it as backups and a history line for each save.
///
/// The layout of the folder:
///
///     state.json          the document; replaced only by rename
///     state.json.lock     the lock; never removed
///     history.jsonl       one line a save
///     backups/            the newest documents before
public struct JSONDocumentStore<Document: Codable & Hashable & Sendable>: Sendable {
    /// The folder's absolute path.
    public let folder: AbsolutePath
    /// The name by which messages call the document.
    public let name: String
    /// How long to wait for the lock.
    public let lockTimeout: Duration
    /// How many of the documents before are kept; at least one.
    public let backupsKept: Int
    /// When the history begins a new file.
    public let historyRotation: LogRotation

    /// What there is when nothing is stored; nil where that is nothing.
    public let initial: Document?
    /// What a lease does with a document that is damaged.
    public let damagePolicy: DamagePolicy
    /// The saves so far of this value and its copies.
    public let metrics: WriteMetrics

    let format: DocumentFormat<Document>
    let emergencyFolder: EmergencyFolder

    /// Describes a store; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: the folder that holds the document and nothing else of that kind.
    ///   - name: the name by which messages call the document, and the first part of an emergency record's name.
    ///   - documentKey: the member of the stored JSON object that holds the document; must sort behind `checksum`.
    ///   - initial: what there is when nothing is stored; nothing is written for it before the first save.
    ///   - damagePolicy: what a lease does with a document that is damaged.
    ///   - lockTimeout: how long to wait for another process that holds the lock; zero tries once.
    ///   - backupsKept: how many of the documents before are kept, each as large as the document; at least one.
    ///   - historyRotation: when the history begins a new file, and how many of the older ones are kept.
    ///   - emergencyFolder: where a document goes that cannot be saved; nil for the user's state folder
    ///     (`$XDG_STATE_HOME/typed-environments/emergency`, else under `~/.local/state`, else the temporary folder).
    public init(
        folder: AbsolutePath, name: String, documentKey: String = "document", initial: Document? = nil,
        damagePolicy: DamagePolicy = .fail, lockTimeout: Duration = .seconds(10),
        backupsKept: Int = 5, historyRotation: LogRotation = LogRotation(), emergencyFolder: String? = nil
    ) {
        self.init(
            folder: folder, name: name, documentKey: documentKey, initial: initial, damagePolicy: damagePolicy,
            lockTimeout: lockTimeout, backupsKept: backupsKept, historyRotation: historyRotation,
            emergencyFolder: EmergencyFolder(emergencyFolder), metrics: WriteMetrics())
    }

    init(
        folder: AbsolutePath, name: String, documentKey: String, initial: Document? = nil,
        damagePolicy: DamagePolicy = .fail, lockTimeout: Duration, backupsKept: Int, historyRotation: LogRotation,
        emergencyFolder: EmergencyFolder, metrics: WriteMetrics
    ) {
        precondition(documentKey > "checksum", "the document's member must stand behind the checksum")
        self.folder = folder
        self.name = name
        self.lockTimeout = lockTimeout
        self.backupsKept = max(1, backupsKept)
        self.historyRotation = historyRotation
        self.initial = initial
        self.damagePolicy = damagePolicy
        self.metrics = metrics
        format = DocumentFormat(documentKey: documentKey)
        self.emergencyFolder = emergencyFolder
    }

    static var fileName: String { "state.json" }
    static var lockName: String { "state.json.lock" }
    static var backupsName: String { "backups" }

    /// Whether a name in the folder is one that a store makes.
    static func isOwn(_ name: String) -> Bool {
        name.hasPrefix(fileName) || name.hasPrefix(".state.") || name.hasPrefix(HistoryFile.fileName)
            || name == backupsName || name.hasPrefix(backupsName + ".")
    }

    static func backupName(_ serial: Int) -> String { "state.\(serial).json" }

    var path: String { "\(folder)/\(Self.fileName)" }

    /// Reads the document; ``initial`` when it was never saved.
    ///
    /// Takes no lock, creates nothing, and sees the old or the new document while another process saves. Instead of a
    /// damaged document it gives what the next lease will put in its place.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`, `notRegularFile`, `tooLarge`, `deserializationFailed`,
    ///   `corruptedStateFile`, `checksumMismatch` or `schemaTooNew`; the message names the newest good backup.
    public func load() throws(RepositoryError) -> StoredDocument<Document>? {
        guard let folder = try openFolder(), let bytes = try bytes(in: folder) else { return beginning }
        do {
            return try decode(bytes, in: folder)
        } catch {
            guard error.isDamage else { throw error }
            EnvironmentLog.log(.error, "damaged document", ["path": path, "reason": error.message])
            switch damagePolicy {
            case .fail: throw error
            case .setAside: return beginning
            case .restoreBackup:
                guard let backup = newestGoodBackup(in: folder) else { throw error }
                EnvironmentLog.log(.error, "a backup stands in for a damaged document", ["path": backup.path])
                return backup.stored
            }
        }
    }

    /// What there is when nothing is stored.
    var beginning: StoredDocument<Document>? {
        initial.map { StoredDocument(document: $0, lineage: nil, serial: 0, savedAt: nil, line: nil) }
    }

    /// Whether the file is there; does not ask what is in it.
    public func exists() throws(RepositoryError) -> Bool {
        guard let folder = try openFolder() else { return false }
        do {
            return try folder.status(of: Self.fileName) != nil
        } catch {
            throw readError(error)
        }
    }

    /// Whether the file is there, or the history of one that somebody removed.
    func hasTraces() throws(RepositoryError) -> Bool {
        if try exists() { return true }
        return ((try? openFolder()?.status(of: HistoryFile.fileName)) ?? nil) != nil
    }

    /// Who holds the lock now; nil when nobody does.
    ///
    /// Empty values where the holder has not said who it is.
    public func holder() throws(RepositoryError) -> LeaseHolder? {
        guard let folder = try openFolder() else { return nil }
        do {
            guard try FileLock.isHeld(Self.lockName, in: folder) else { return nil }
        } catch {
            throw readError(error)
        }
        return Self.plausibleHolder(in: folder) ?? LeaseHolder()
    }

    /// The holder that ended without releasing the lock; nil when there is none.
    ///
    /// The next lease looks after what it left.
    public func abandoned() throws(RepositoryError) -> LeaseHolder? {
        guard try holder() == nil, let folder = try openFolder() else { return nil }
        return LockRecord.read(Self.lockName, in: folder)
    }

    /// The path of an emergency record that is newer than what is stored; nil when there is none.
    public func emergencyRecord() throws(RepositoryError) -> String? {
        guard let stored = try load(), let lineage = stored.lineage else { return nil }
        return emergencyFolder.newest(name: name, lineage: lineage, after: stored.serial)
    }

    /// Waits for the lock and looks after what an earlier holder left behind.
    ///
    /// - Throws: `RepositoryError` with `lockAcquisitionFailed` and the holder after the timeout, `lockUnusable`,
    ///   `directoryCreationFailed`, or `cancelled`.
    public func acquireLease(
        for command: CommandName, run: CommandRun = CommandRun()
    ) async throws(RepositoryError) -> DocumentLease<Document> {
        try await acquireLease(for: command, run: run) { (_) throws(RepositoryError) in }
    }

    /// - Parameter checkFolder: looks at the folder before anything is made in it.
    func acquireLease(
        for command: CommandName, run: CommandRun, checkFolder: (Folder) throws(RepositoryError) -> Void
    ) async throws(RepositoryError) -> DocumentLease<Document> {
        let folder = try makeFolder()
        try checkFolder(folder)
        let lock = try await acquireLock(in: folder)
        let holder = LeaseHolder.thisProcess(command: command, run: run)
        let beginning = LeaseBeginning(store: self, folder: folder, lock: lock, holder: holder)
        let lease = DocumentLease(store: self, folder: folder, lock: lock, holder: holder, run: run, beginning)
        if !beginning.isPlain { await lease.look() }
        return lease
    }

    /// Runs `body` with the right to change the document, and gives it back however `body` ends.
    public func withLease<Result>(
        for command: CommandName = .save, _ body: (DocumentLease<Document>) async throws -> Result
    ) async throws -> Result {
        let lease = try await acquireLease(for: command)
        do {
            let result = try await body(lease)
            await lease.release()
            return result
        } catch {
            await lease.release()
            throw error
        }
    }

    /// Runs `body` with the document while nobody can change it; as many as like can read at once, and whoever wants to
    /// save waits for them.
    ///
    /// ``load()`` needs no lock; this is for several looks that must agree.
    public func withSharedAccess<Result>(
        _ body: (StoredDocument<Document>?) async throws -> Result
    ) async throws -> Result {
        let folder = try makeFolder()
        let lock = try await acquireLock(in: folder, isShared: true)
        defer {
            // Closing the file frees the lock as well, unless a child between fork and exec has a copy.
            try? lock.release()
        }
        return try await body(load())
    }

    /// Lets `change` work on what is stored and saves what it made of it, all under one lease: any number of changes
    /// become one durable save, or none when it throws.
    ///
    /// Nothing is saved when it leaves the stored document as it was, or nil.
    public func update<Result>(
        reason: String? = nil, _ change: (inout Document?) async throws -> Result
    ) async throws -> Result {
        try await withLease { lease in
            let before = try await lease.stored
            var document = before?.document
            let result = try await change(&document)
            if let document, document != before?.document || before?.serial == 0 {
                try await lease.save(document, reason: reason)
            }
            return result
        }
    }

    private func makeFolder() throws(RepositoryError) -> Folder {
        do {
            let folder = try Folder.making(self.folder.text)
            NetworkFileSystem.notice(folder)
            return folder
        } catch {
            throw RepositoryError(
                .directoryCreationFailed,
                "The folder \(self.folder) cannot be made or opened: \(error.reason). "
                    + "Check that it is a folder and that \(ThisProcess.userName) may write to it.",
                path: self.folder.text, cause: error)
        }
    }

    private func acquireLock(in folder: Folder, isShared: Bool = false) async throws(RepositoryError) -> FileLock {
        let lockPath = folder.path(of: Self.lockName)
        let lock: FileLock?
        do {
            lock = try await FileLock.acquire(Self.lockName, in: folder, isShared: isShared, timeout: lockTimeout) {
                let holder = Self.plausibleHolder(in: folder)
                EnvironmentLog.log(
                    .info, "waiting for a lock", ["path": lockPath, "holder": (holder ?? LeaseHolder()).description])
            }
        } catch is CancellationError {
            throw RepositoryError(
                .cancelled, "Stopped while waiting for the lock of \(name); nothing was changed.", path: lockPath)
        } catch {
            let reason = (error as? SystemError)?.reason ?? "\(error)"
            throw RepositoryError(
                .lockUnusable,
                "The lock file \(lockPath) cannot be used: \(reason). It must be a regular file that "
                    + "\(ThisProcess.userName) may read and write; nothing was changed.",
                path: lockPath, cause: error)
        }
        if let lock { return lock }
        let holder = Self.plausibleHolder(in: folder)
        EnvironmentLog.log(
            .error, "timed out waiting for a lock",
            [
                "path": lockPath, "holder": (holder ?? LeaseHolder()).description,
                "timeout_seconds": "\(lockTimeout.seconds)",
            ])
        let who = (holder?.pid).flatMap { $0 > 0 ? "process \($0)" : nil } ?? "a process that has not said who it is"
        let details = holder.map { "The holder is \($0). " } ?? ""
        throw RepositoryError(
            .lockAcquisitionFailed,
            "Failed to acquire lock for state file: \(path), held by \(who) (waited \(lockTimeout.seconds) s). "
                + "\(details)Wait until it ends, or stop it if it hangs; the lock frees itself when the process ends.",
            path: path, holder: holder ?? LeaseHolder())
    }

    /// The record in the lock file, unless it is of a process that is gone: then a new holder has not written its own yet.
    static func plausibleHolder(in folder: Folder) -> LeaseHolder? {
        guard let holder = LockRecord.read(lockName, in: folder), !holder.isKnownToBeGone else { return nil }
        return holder
    }

    func openFolder() throws(RepositoryError) -> Folder? {
        do {
            return try Folder(folder.text)
        } catch {
            if error.isNotFound { return nil }
            throw readError(error)
        }
    }

    /// The file's bytes; nil when there is none.
    func bytes(in folder: Folder) throws(RepositoryError) -> [UInt8]? {
        do {
            guard let status = try folder.status(of: Self.fileName) else { return nil }
            guard status.kind == .regular else {
                throw RepositoryError(
                    .notRegularFile,
                    "\(path) is not a regular file but a \(status.kind.words); nothing was read or changed. "
                        + "Move it away, and put the state file back or bring in a backup.\(backupAdvice(in: folder))",
                    path: path, backup: newestGoodBackup(in: folder)?.path)
            }
            guard status.size <= DocumentFormat<Document>.sizeLimit else {
                throw RepositoryError(
                    .tooLarge,
                    "\(path) has \(status.size) bytes, more than any state file; nothing was read or changed."
                        + backupAdvice(in: folder), path: path, backup: newestGoodBackup(in: folder)?.path)
            }
            return try folder.open(Self.fileName, .read).read()
        } catch let error as RepositoryError {
            throw error
        } catch let error as SystemError {
            if error.isNotFound { return nil }
            throw readError(error)
        } catch {
            throw RepositoryError(.readStateFailed, "\(path) cannot be read: \(error)", path: path, cause: error)
        }
    }

    func decode(_ bytes: [UInt8], in folder: Folder) throws(RepositoryError) -> StoredDocument<Document> {
        do {
            return try format.decode(bytes)
        } catch {
            throw damageError(error, in: folder)
        }
    }

    func damageError(_ damage: Damage, in folder: Folder) -> RepositoryError {
        if damage.code == .schemaTooNew {
            return RepositoryError(
                damage.code, "\(path) \(damage). Nothing was changed. Use the newer program that wrote it.", path: path,
                cause: damage)
        }
        let backup = newestGoodBackup(in: folder)
        return RepositoryError(
            damage.code, "\(path) \(damage). Nothing was changed.\(advice(on: backup, in: folder))", path: path,
            cause: damage, backup: backup?.path)
    }

    /// A sentence on the newest backup that can be read.
    func backupAdvice(in folder: Folder) -> String { advice(on: newestGoodBackup(in: folder), in: folder) }

    private func advice(on backup: (path: String, stored: StoredDocument<Document>)?, in folder: Folder) -> String {
        guard let (path, stored) = backup else {
            return " There is no good backup in \(folder.path(of: Self.backupsName)). Mend the file by hand, or move "
                + "\(self.folder) away and begin anew; what was made for it stays and is then yours to remove."
        }
        let saved = stored.savedAt.map { ", saved \($0)" } ?? ""
        return " The newest good backup is \(path) (serial \(stored.serial)\(saved))."
    }

    func newestGoodBackup(in folder: Folder) -> (path: String, stored: StoredDocument<Document>)? {
        guard let backups = try? folder.folder(Self.backupsName) else { return nil }
        for serial in serials(in: backups).sorted(by: >) {
            if let stored = backup(serial, in: backups) {
                return (backups.path(of: Self.backupName(serial)), stored)
            }
        }
        return nil
    }

    /// The serials of which there is a backup.
    func serials(in backups: Folder) -> [Int] {
        ((try? backups.names()) ?? []).compactMap { name in
            name.hasPrefix("state.") && name.hasSuffix(".json") ? Int(name.dropFirst(6).dropLast(5)) : nil
        }
    }

    func backup(_ serial: Int, in backups: Folder) -> StoredDocument<Document>? {
        guard let bytes = try? backups.open(Self.backupName(serial), .read).read() else { return nil }
        return try? format.decode(bytes)
    }

    func unknownMembersError(in folder: Folder) -> RepositoryError {
        RepositoryError(
            .corruptedStateFile,
            "\(path) holds members that this program does not know or that stand in it twice, and "
                + "a save would drop them. Nothing was changed.\(backupAdvice(in: folder))",
            path: path, backup: newestGoodBackup(in: folder)?.path)
    }

    func readError(_ error: SystemError) -> RepositoryError {
        RepositoryError(
            .readStateFailed,
            "\(path) cannot be read: \(error.reason). Check that \(ThisProcess.userName) may read it; "
                + "nothing was changed.",
            path: path, cause: error)
    }
}

extension RepositoryError {
    /// Whether the bytes of a document are damaged, and not only out of reach or of a newer program.
    var isDamage: Bool {
        switch cause as? Damage {
        case .tooNew, nil: false
        case .empty, .cutOff, .notJSON, .checksumMismatch, .wrongShape: true
        }
    }
}

extension FileStatus.Kind {
    var words: String {
        switch self {
        case .regular: "regular file"
        case .folder: "folder"
        case .link: "symbolic link"
        case .other: "pipe, socket or device"
        }
    }
}
