package import EnvironmentDomain
package import OperatingSystem

/// What makes sure that an environment's folder is an environment's, and this user's.
extension Workspace {
    /// The name of the lock of an environment whose state is in the folder too.
    package static let stateLockName = "state.json.lock"

    /// An entry that shows a folder to be somebody else's; nil for one that is empty or has an environment's lock.
    package static func foreignEntry(in folder: Folder) throws(SystemError) -> String? {
        let names = try folder.names()
        return names.contains(busyLockName) || names.contains(stateLockName) ? nil : names.first
    }

    /// The error for a folder that holds what no environment has.
    package func foreignError(_ entry: String) -> RepositoryError {
        RepositoryError(
            .foreignFolder,
            "\(root) is no environment's folder: it holds \(entry). Nothing was changed. Move it away, or choose another "
                + "name or data folder.", path: root.text)
    }

    /// Opens the folder and makes it, with mode 0700, when it is missing.
    ///
    /// - Throws: ``RepositoryError`` with `foreignFolder`, or ``SystemError``.
    package func makingFolder() throws -> Folder {
        try checkOwner()
        let folder = try Folder.making(root.text)
        if let foreign = try Self.foreignEntry(in: folder) { throw foreignError(foreign) }
        return folder
    }

    /// Refuses to make anything as root in the folder of another user, or in that user's data folder when the
    /// environment has none yet.
    ///
    /// - Throws: ``RepositoryError`` with `foreignFolder`.
    package func checkOwner() throws(RepositoryError) {
        // A folder that cannot be opened is reported by what makes something in it.
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
