import EnvironmentDomain
import OperatingSystem

extension DocumentLease {
    /// Stores a document of another store with its lineage, serial, history and earlier states, where nothing is stored.
    func adopt(
        _ stored: StoredDocument<Document>, history lines: [HistoryLine], backups earlier: [StoredDocument<Document>]
    ) throws(RepositoryError) {
        guard case .success(nil) = current else {
            throw RepositoryError(
                .recordRefused, "\(store.path) is there already; nothing was changed.", path: store.path)
        }
        guard lines.isEmpty || lines.last == stored.line else {
            throw RepositoryError(
                .recordRefused, "The history of \(store.name) does not lead up to its state; nothing was changed.",
                path: store.path)
        }
        let (bytes, line) = try encode(stored)
        let proof = proof(of: stored, bytes)
        try checkLock()
        try checkFolder(for: bytes, line)
        try setEarlierHistoryAside()
        do {
            // The history comes first: it is complete as soon as there is a state.
            for line in lines { try history.append(try line.text(), linesInBackups: .max) }
            try history.synchronize()
        } catch let error as SystemError {
            throw writeError(error)
        } catch {
            throw RepositoryError(
                .serializationFailed, "The history of \(store.name) cannot be written: \(error).", path: store.path,
                cause: error)
        }
        try putBackups(earlier, before: stored.serial)
        let backups = try put(bytes, replacing: nil, proof)
        seen = bytes
        current = .success(stored)
        try makeDurable(backups: backups, isFirst: true)
    }

    /// Writes as many of the newest earlier states as are kept.
    private func putBackups(_ earlier: [StoredDocument<Document>], before serial: Int) throws(RepositoryError) {
        let kept = earlier.filter { $0.serial < serial && $0.serial >= serial - store.backupsKept }
        guard !kept.isEmpty else { return }
        for backup in kept {
            let (bytes, _) = try encode(backup)
            do throws(SystemError) {
                let folder = try folder.makingFolder(JSONDocumentStore<Document>.backupsName)
                try folder.put(bytes, at: JSONDocumentStore<Document>.backupName(backup.serial))
            } catch {
                throw writeError(error)
            }
        }
    }
}
