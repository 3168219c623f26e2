#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whose folder it is, which decides what may be made in it and whether its mode may be changed.
extension Folder {
    /// Whether the folder is this user's alone to change: its own, and neither sticky, as `/tmp` is, nor one whose group
    /// everything new in it gets.
    package func isOwnAlone() throws(SystemError) -> Bool {
        let status = try status()
        return status.owner == ThisProcess.userIdentifier && status.mode & mode_t(S_ISVTX | S_ISGID) == 0
    }

    /// The other user whose folder this is when this process is root's; nil for root's own and for one that others may
    /// write to as well.
    ///
    /// What root makes there is root's, and that user could neither read nor remove it.
    package func ownerBesideRoot() throws(SystemError) -> String? {
        let status = try status()
        guard ThisProcess.userIdentifier == 0, status.owner != 0, status.mode & 0o022 == 0 else { return nil }
        return ThisProcess.userName(of: status.owner)
    }

    /// The nearest folder on the way to `path` that is there.
    package static func nearest(to path: String) throws(SystemError) -> Folder {
        do {
            return try Folder(path)
        } catch {
            guard error.isNotFound, let parent = parentPath(of: path) else { throw error }
            return try nearest(to: parent)
        }
    }
}
