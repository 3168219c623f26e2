public import EnvironmentDomain
import OperatingSystem

/// The past of environments, for tools that show it and bring it back.
extension FileEnvironmentRepository {
    public var location: String { dataFolder.text }

    public func historyLines(of name: EnvironmentName) throws(RepositoryError) -> [HistoryLine]? {
        try history(of: name)?.lines
    }

    public func backups(of name: EnvironmentName) throws(RepositoryError) -> [EnvironmentBackup] {
        let store = store(name)
        guard let folder = try store.openFolder() else { return [] }
        let backups: Folder
        do throws(SystemError) {
            backups = try folder.folder(JSONDocumentStore<AnyEnvironmentState>.backupsName)
        } catch {
            if error.isNotFound { return [] }
            throw store.readError(error)
        }
        return store.serials(in: backups).sorted(by: >).map { serial in
            EnvironmentBackup(
                serial: serial,
                location: backups.path(of: JSONDocumentStore<AnyEnvironmentState>.backupName(serial)),
                stored: store.backup(serial, in: backups))
        }
    }

    public func isKnown(_ name: EnvironmentName) throws(RepositoryError) -> Bool {
        let store = store(name)
        guard let folder = try store.openFolder() else { return false }
        do throws(SystemError) {
            return try folder.status(of: JSONDocumentStore<AnyEnvironmentState>.lockName) != nil
        } catch {
            throw store.readError(error)
        }
    }

    public func completeHistory(of name: EnvironmentName) async throws(RepositoryError) {
        guard try abandoned(name) != nil else { return }
        do throws(RepositoryError) {
            try await withLockTimeout(.zero).acquireLease(name, for: .save, run: CommandRun()).release()
        } catch {
            // Somebody else took it first and does the same.
            guard error.code == .lockAcquisitionFailed else { throw error }
        }
    }

    public func adopt(
        _ stored: StoredEnvironment, history: [HistoryLine], backups: [StoredEnvironment]
    ) async throws(RepositoryError) {
        let lease = try await documentLease(stored.document.name, for: .save)
        do throws(RepositoryError) {
            try await lease.adopt(stored, history: history, backups: backups)
            await lease.release()
        } catch {
            await lease.release()
            throw error
        }
    }

    @discardableResult
    public func acceptEdit(
        of name: EnvironmentName, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment {
        let edited = try editedState(of: name)
        return try await save(name, for: .acceptEdit, edited.document.state, reason: reason) {
            lease, event throws(RepositoryError) in
            // Once more, under the lease: what was looked at before may be another edit.
            guard try editedState(of: name) == edited else {
                throw RepositoryError(
                    .conflict, "The state file of \(name) was changed a moment ago; nothing was changed. Look again.",
                    path: workspace(for: name).root.text)
            }
            return try await lease.recover(edited, from: "\(workspace(for: name).root)/state.json", event: event)
        }
    }

    public func editedState(of name: EnvironmentName) throws(RepositoryError) -> StoredEnvironment {
        let store = store(name)
        let folder = try store.openFolder()
        return try EnvironmentDocument.readEdited(
            try folder.flatMap { folder throws(RepositoryError) in try store.bytes(in: folder) }, of: name,
            at: store.path, lineage: folder.flatMap { store.newestGoodBackup(in: $0)?.stored.lineage })
    }
}
