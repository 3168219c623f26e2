public import EnvironmentDomain
import OperatingSystem

extension Workspace {
    /// Removes the working files on this machine and then the stored state, unless a process that a command started still
    /// runs here.
    ///
    /// Other files in the folder stay. The stored state is removed last, so that the leftovers of a crash still belong
    /// to a known environment. A repository calls this function.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - removeStored: A closure that removes the stored state; it runs while no such process can start.
    /// - Throws: `RepositoryError`: `busy` with nothing removed, the error of `removeStored`, or `deleteStateFailed`.
    public func removeFiles(
        of name: EnvironmentName, before removeStored: () async throws(RepositoryError) -> Void
    ) async throws(RepositoryError) {
        try await withBlockingThread { () async throws(RepositoryError) in
            guard let folder = try usedFolder(name.text) else { return try await removeStored() }
            try await withBusyLock(of: name.text, in: folder) { () async throws(RepositoryError) in
                do throws(SystemError) {
                    for file in try folder.names() where Self.names.contains(file) { try folder.removeTree(file) }
                    try folder.synchronize()
                } catch {
                    throw failure(name.text, error)
                }
                try await removeStored()
            }
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

    /// Runs `body` while no process that a command started works in the folder.
    ///
    /// - Throws: `RepositoryError`: `busy` when one does, `cancelled`, or what `body` throws.
    func withBusyLock(
        of name: String, in folder: Folder, _ body: () async throws(RepositoryError) -> Void
    ) async throws(RepositoryError) {
        let busy: FileLock?
        do {
            // Not once: who only asks whether it is held has it for a moment.
            busy = try await FileLock.acquire(Self.busyLockName, in: folder, timeout: .milliseconds(100))
        } catch let error as SystemError {
            throw failure(name, error)
        } catch {
            throw RepositoryError(.cancelled, "Stopped before anything of \(name) was removed.")
        }
        guard let busy else {
            throw RepositoryError(
                .busy,
                "A process that was started for \(name) still works, so nothing was removed. Wait until it ends, or stop it.",
                path: folder.path(of: Self.busyLockName))
        }
        defer { withExtendedLifetime(busy) {} }
        try await body()
    }

    private func failure(_ name: String, _ cause: SystemError) -> RepositoryError {
        RepositoryError(
            .deleteStateFailed,
            "Not everything of \(name) could be removed: \(cause.subject): \(cause.reasonAndWayOut()) Repair that, and remove it "
                + "again.",
            path: root.text, cause: cause)
    }
}
