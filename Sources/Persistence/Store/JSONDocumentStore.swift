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

    /// Whether the folder holds a document of this store, its backup or its history, however damaged the others are.
    func holdsDocument(in folder: Folder) -> Bool {
        let bytes = (try? bytes(in: folder)) ?? nil
        if bytes.map({ (try? format.decode($0)) != nil }) == true || newestGoodBackup(in: folder) != nil { return true }
        let history = try? HistoryFile(folder: folder, rotation: historyRotation).tail()
        return (history ?? nil)?.newest != nil
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
}
