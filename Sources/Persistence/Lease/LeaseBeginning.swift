import EnvironmentDomain
import OperatingSystem

/// What a lease begins with: the folder in order, and what stands in it.
///
/// Nothing here waits for the disk, so it needs no change of thread.
struct LeaseBeginning<Document: Codable & Hashable & Sendable> {
    /// The stored document's bytes; nil when nothing is stored.
    let seen: Result<[UInt8]?, RepositoryError>
    /// Whether what is stored is whole, with a history to match and nothing to see to: then there is no need to look
    /// into it before somebody asks for it.
    let isPlain: Bool

    private typealias Store = JSONDocumentStore<Document>

    /// Says who holds the lock, and looks after what an earlier holder left behind.
    init(store: JSONDocumentStore<Document>, folder: Folder, lock: FileLock, holder: LeaseHolder) {
        if let earlier = LockRecord.read(lock.file) {
            EnvironmentLog.log(
                .warning, "lock taken over: its holder ended without releasing it",
                ["path": lock.file.path, "holder": earlier.description])
        }
        LockRecord.write(holder, to: lock)
        EnvironmentLog.log(.debug, "lock acquired", ["path": lock.file.path, "pid": "\(ThisProcess.identifier)"])
        Self.tightenModes(in: folder)
        Self.removeTemporaryFiles(in: folder)
        let seen = Result { () throws(RepositoryError) in try store.bytes(in: folder) }
        self.seen = seen
        isPlain = Self.isPlain(try? seen.get(), store, folder)
    }

    private static func isPlain(_ seen: [UInt8]?, _ store: JSONDocumentStore<Document>, _ folder: Folder) -> Bool {
        guard let seen, store.damagePolicy == .fail, DocumentFormat<Document>.schemaVersion == 1,
            !store.emergencyFolder.hasRecords(of: store.name), let line = store.format.line(in: seen)
        else { return false }
        let history = LineFile(folder: folder, name: HistoryFile.fileName, rotation: store.historyRotation)
        return (try? history.ends(with: line)) == true
    }

    private static func tightenModes(in folder: Folder) {
        do {
            // A folder that is everybody's, or that holds other things too, stays as it is.
            if try folder.status().mode & 0o077 != 0, try folder.isOwnAlone(),
                try folder.names().allSatisfy({ Store.isOwn($0) || Workspace.names.contains($0) })
            {
                warn("folder was open to others: its mode is 0700 now", path: folder.path)
                try folder.setMode(0o700)
            }
            for name in [Store.fileName, Store.lockName, HistoryFile.fileName] {
                guard let status = try folder.status(of: name), status.kind == .regular, status.mode & 0o077 != 0 else {
                    continue
                }
                warn("file was open to others: its mode is 0600 now", path: folder.path(of: name))
                try folder.open(name, .read).setMode(0o600)
            }
        } catch {
            warn("modes could not be checked", error, path: folder.path)
        }
    }

    private static func removeTemporaryFiles(in folder: Folder) {
        guard let names = try? folder.names() else { return }
        for name in names where name.hasPrefix(".state.") && name.hasSuffix(".tmp") {
            do {
                try folder.remove(name)
            } catch {
                warn("a left-over file could not be removed", error, path: folder.path(of: name))
            }
        }
    }
}

/// Logs what a store could not do, or did unasked, and why.
func warn(_ message: String, _ error: SystemError? = nil, path: String) {
    if let error {
        EnvironmentLog.log(.warning, message, ["path": path, "reason": error.description])
    } else {
        EnvironmentLog.log(.warning, message, ["path": path])
    }
}
