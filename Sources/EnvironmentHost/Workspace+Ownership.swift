package import EnvironmentDomain
package import OperatingSystem

/// The checks that a folder is a workspace and belongs to the current user.
extension Workspace {
    /// The name of the state's lock, which is in the same folder when the environment is stored in files.
    package static let stateLockName = "state.json.lock"

    /// Returns an entry of a folder that is not a workspace; `nil` when the folder is empty or has an environment's
    /// lock.
    package static func foreignEntry(in folder: Folder) throws(SystemError) -> String? {
        let names = try folder.names()
        return names.contains(busyLockName) || names.contains(stateLockName) ? nil : names.first
    }

    /// Returns the error for a folder that is not a workspace.
    package func foreignError(_ entry: String) -> RepositoryError {
        RepositoryError(
            .foreignFolder,
            "\(root) is no environment's folder: it holds \(entry). Nothing was changed. Move it away, or choose another "
                + "name or data folder.", path: root.text)
    }

    /// Opens the folder and creates it with mode 0700 when it is missing.
    ///
    /// - Throws: ``RepositoryError`` with `foreignFolder`, or ``SystemError``.
    package func makingFolder() throws -> Folder {
        try checkOwner()
        let folder = try Folder.making(root.text)
        if let foreign = try Self.foreignEntry(in: folder) { throw foreignError(foreign) }
        return folder
    }

    /// Throws when root would create something in another user's folder, or in that user's data folder when the
    /// environment has no folder yet.
    ///
    /// - Throws: ``RepositoryError`` with `foreignFolder`.
    package func checkOwner() throws(RepositoryError) {
        // The function that creates something in the folder reports a folder that cannot be opened.
        guard let folder = (try? Folder(root.text)) ?? parentPath(of: root.text).flatMap({ try? Folder($0) }),
            let owner = (try? folder.ownerBesideRoot()) ?? nil
        else { return }
        throw RepositoryError(
            .foreignFolder,
            "\(folder.path) belongs to the user \(owner), who could not use what root makes there. Nothing was changed. Run "
                + "the command as that user, for example with sudo -u \(owner.quotedForShell).",
            path: folder.path)
    }
}
