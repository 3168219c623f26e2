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
        let lease = try await store(stored.document.name).acquireLease(for: .save)
        do throws(RepositoryError) {
            try await lease.adopt(stored, history: history, backups: backups)
            await lease.release()
        } catch {
            await lease.release()
            throw error
        }
    }

    /// Makes a state file that a person edited the stored state, as a save with the next serial.
    ///
    /// The edited file is kept under another name.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when nobody edited the file, or when there is more wrong with it
    ///   than its checksum; nothing is changed then.
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

    /// What a person made of a state file, whatever its checksum says; takes no lock.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when nobody edited the file, or when there is more wrong with it
    ///   than its checksum.
    public func editedState(of name: EnvironmentName) throws(RepositoryError) -> StoredEnvironment {
        let store = store(name)
        func refusal(_ reason: String) -> RepositoryError {
            let backup = (try? store.openFolder()).flatMap { store.newestGoodBackup(in: $0)?.path }
            return RepositoryError(
                .recordRefused, "\(store.path) \(reason). Nothing was changed.", path: store.path, backup: backup)
        }
        guard let folder = try store.openFolder(), let bytes = try store.bytes(in: folder) else {
            throw refusal("is not there")
        }
        do throws(Damage) {
            _ = try store.format.decode(bytes)
        } catch {
            guard error == .checksumMismatch else { throw refusal("\(error), and that is no edit to accept") }
            let edited: StoredEnvironment
            do throws(Damage) {
                edited = try store.format.decodeEdited(bytes)
            } catch {
                throw refusal("was edited, and what it holds now cannot be accepted: it \(error)")
            }
            guard edited.document.name == name else {
                throw refusal("was edited, and is now of the environment \(edited.document.name)")
            }
            let before = store.newestGoodBackup(in: folder)?.stored
            guard before == nil || before?.lineage == edited.lineage else {
                throw refusal("was edited, and its lineage is no longer that of its backups")
            }
            return edited
        }
        throw refusal("is what was saved; nobody edited it")
    }
}
