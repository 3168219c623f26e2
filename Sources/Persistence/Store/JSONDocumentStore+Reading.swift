import EnvironmentDomain
import OperatingSystem

/// What stands in the folder, and what is wrong with it.
extension JSONDocumentStore {
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
            return " There is no good backup in \(folder.path(of: Self.backupsName)). Repair the file by hand, or "
                + "move \(self.folder) away and start again; what was made for it stays and is then yours to remove."
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
            "\(path) cannot be read: \(error.reasonAndWayOut()) Nothing was changed.",
            path: path, cause: error)
    }
}
