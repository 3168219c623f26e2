public import EnvironmentDomain
import OperatingSystem

/// The lock, and what is done under it.
extension JSONDocumentStore {
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
                "The folder \(self.folder) cannot be made or opened: \(error.reasonAndWayOut()) Nothing was changed.",
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
            // Beside it in the folder it would make the folder look like another's.
            let reason = (error as? SystemError)?.reasonAndWayOut(movingTo: "\(self.folder).lock.moved") ?? "\(error)."
            throw RepositoryError(
                .lockUnusable, "The lock file \(lockPath) cannot be used: \(reason) Nothing was changed.",
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
}
