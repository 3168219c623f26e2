#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The ownership of a folder, which decides what may be created in it and whether its mode may be changed.
extension Folder {
    /// Returns whether only this user may change the folder: the user owns it, and it has neither the sticky bit, as
    /// `/tmp` has, nor the set-group-ID bit, which gives its group to all new entries.
    package func isOwnAlone() throws(SystemError) -> Bool {
        let status = try status()
        return status.owner == ThisProcess.userIdentifier && status.mode & mode_t(S_ISVTX | S_ISGID) == 0
    }

    /// Returns the name of the folder's owner when this process runs as root and the owner is another user; `nil` for a
    /// folder that others may write to.
    ///
    /// Root would own what it creates there, and the owner could neither read nor remove it.
    package func ownerBesideRoot() throws(SystemError) -> String? {
        let status = try status()
        guard ThisProcess.userIdentifier == 0, status.owner != 0, status.mode & 0o022 == 0 else { return nil }
        return ThisProcess.userName(of: status.owner)
    }

    /// Returns the nearest existing folder on the way to `path`.
    package static func nearest(to path: String) throws(SystemError) -> Folder {
        do {
            return try Folder(path)
        } catch {
            guard error.isNotFound, let parent = parentPath(of: path) else { throw error }
            return try nearest(to: parent)
        }
    }
}
