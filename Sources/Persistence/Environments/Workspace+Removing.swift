public import EnvironmentDomain
import OperatingSystem

extension Workspace {
    /// Removes what is stored and then the working files on this machine, unless a process that a command started still
    /// works here; what the folder holds beside them stays.
    ///
    /// For those who write a repository.
    ///
    /// - Parameter removeStored: removes what is stored; runs while no such process can start.
    /// - Throws: `RepositoryError`: `busy` with nothing removed, what `removeStored` throws, or `deleteStateFailed`.
    public func removeFiles(
        of name: EnvironmentName, after removeStored: () async throws(RepositoryError) -> Void
    ) async throws(RepositoryError) {
        guard let (folder, busy) = try takeBusyLock(name) else { return try await removeStored() }
        try await removeStored()
        do {
            for file in try folder.names() where Self.names.contains(file) { try folder.removeTree(file) }
            try folder.synchronize()
        } catch {
            throw failure(name, error)
        }
        _ = busy
    }

    /// The lock that says that nothing works here; nil when no command ever worked in the folder, and nothing in it is
    /// the environment's.
    private func takeBusyLock(_ name: EnvironmentName) throws(RepositoryError) -> (Folder, FileLock)? {
        do {
            let folder = try Folder(root.text)
            guard try folder.status(of: Self.busyLockName) != nil else { return nil }
            if let busy = try FileLock.attempt(Self.busyLockName, in: folder) { return (folder, busy) }
        } catch {
            if error.isNotFound { return nil }
            throw failure(name, error)
        }
        throw RepositoryError(
            .busy,
            "A process that was started for \(name) still works, so nothing was removed. Wait until it ends, or stop it.",
            path: "\(root)/\(Self.busyLockName)")
    }

    private func failure(_ name: EnvironmentName, _ cause: SystemError) -> RepositoryError {
        RepositoryError(
            .deleteStateFailed,
            "Not everything of \(name) could be removed: \(cause.subject): \(cause.reasonAndWayOut()) Repair that, and remove it "
                + "again.",
            path: root.text, cause: cause)
    }
}
