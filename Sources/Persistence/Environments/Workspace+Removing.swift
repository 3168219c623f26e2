public import EnvironmentDomain
import OperatingSystem

extension Workspace {
    /// Removes the working files on this machine and then what is stored, unless a process that a command started still
    /// works here; what the folder holds beside them stays.
    ///
    /// What is stored goes last, so that what a crash leaves is still known. For those who write a repository.
    ///
    /// - Parameter removeStored: removes what is stored; runs while no such process can start.
    /// - Throws: `RepositoryError`: `busy` with nothing removed, what `removeStored` throws, or `deleteStateFailed`.
    public func removeFiles(
        of name: EnvironmentName, before removeStored: () async throws(RepositoryError) -> Void
    ) async throws(RepositoryError) {
        try await withBlockingThread { () async throws(RepositoryError) in
            guard let folder = try usedFolder(name.text) else { return try await removeStored() }
            let busy = try takeBusyLock(of: name.text, in: folder)
            defer { withExtendedLifetime(busy) {} }
            do throws(SystemError) {
                for file in try folder.names() where Self.names.contains(file) { try folder.removeTree(file) }
                try folder.synchronize()
            } catch {
                throw failure(name.text, error)
            }
            try await removeStored()
        }
    }

    /// The folder; `nil` when no command ever worked in it, and nothing in it is the environment's.
    private func usedFolder(_ name: String) throws(RepositoryError) -> Folder? {
        do throws(SystemError) {
            let folder = try Folder(root.text)
            return try folder.status(of: Self.busyLockName) == nil ? nil : folder
        } catch {
            if error.isNotFound { return nil }
            throw failure(name, error)
        }
    }

    /// The lock that says that no process which a command started works in the folder.
    ///
    /// - Throws: `RepositoryError`: `busy` when one does.
    func takeBusyLock(of name: String, in folder: Folder) throws(RepositoryError) -> FileLock {
        do {
            if let busy = try FileLock.attempt(Self.busyLockName, in: folder) { return busy }
        } catch {
            throw failure(name, error)
        }
        throw RepositoryError(
            .busy,
            "A process that was started for \(name) still works, so nothing was removed. Wait until it ends, or stop it.",
            path: folder.path(of: Self.busyLockName))
    }

    private func failure(_ name: String, _ cause: SystemError) -> RepositoryError {
        RepositoryError(
            .deleteStateFailed,
            "Not everything of \(name) could be removed: \(cause.subject): \(cause.reasonAndWayOut()) Repair that, and remove it "
                + "again.",
            path: root.text, cause: cause)
    }
}
