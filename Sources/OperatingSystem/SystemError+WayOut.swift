#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What has to change before a call that failed can succeed.
extension SystemError {
    /// A sentence that names what is in the way and how to get past it; `nil` where the reason alone is all that is known.
    ///
    /// Nothing that it advises overwrites or removes a file.
    ///
    /// - Parameter target: where what is in the way can be moved to; `nil` for a name beside it.
    package func wayOut(movingTo target: String? = nil) -> String? {
        switch number {
        case ENOTDIR, EISDIR, ELOOP, ENXIO, ENODEV, EEXIST: misplaced(movingTo: target)
        case EACCES, EPERM: barrier
        case EROFS: "The file system of \(subject) is mounted read-only: use another path, or mount it writable."
        case ENOSPC, EDQUOT: "Free some space on its disk."
        case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n)."
        case ENAMETOOLONG: "Use a shorter path."
        default: nil
        }
    }

    /// What is where something else must be, and how to move it away.
    private func misplaced(movingTo target: String?) -> String? {
        // The first component of the path that is no folder; the last one may be any kind of file.
        guard let (path, status) = components.first(where: { _, status in status.kind != .folder }) ?? components.last
        else { return nil }
        let words = [path, target ?? path + ".moved"].map(\.quotedForShell).joined(separator: " ")
        let others = target == nil ? "use another path, or " : ""
        return "\(path) is a \(status.kind.words): \(others)move it away (mv -n \(words))."
    }

    /// Whose permission is missing, and how to get it.
    private var barrier: String? {
        guard let (path, status) = components.last else { return nil }
        let user = ThisProcess.userName
        if ThisProcess.userIdentifier == 0 {
            return "\(path) cannot be changed even by root: it has an attribute that forbids it (lsattr -d "
                + "\(path.quotedForShell)), or its file system or a container's settings do."
        }
        if status.owner == ThisProcess.userIdentifier {
            return "Give \(user) access to it (chmod u+rwX \(path.quotedForShell))."
        }
        let owner = ThisProcess.userName(of: status.owner)
        return
            "\(path) belongs to the user \(owner), and this command runs as \(user): run it as \(owner), for example "
            + "with sudo -u \(owner.quotedForShell), or use a folder of \(user)."
    }

    /// The paths on the way to the subject that can be seen, outermost first, each with its own status.
    private var components: [(path: String, status: FileStatus)] {
        guard let whole = try? absolutePath(subject) else { return [] }
        var paths = ["/"]
        for part in whole.parts(at: "/") {
            paths.append((paths.count == 1 ? "/" : paths[paths.count - 1] + "/") + part)
        }
        return paths.compactMap { path in
            var status = stat()
            // A link on the way to something else is as good as what it leads to.
            let isFound = unsafe stat(path, &status) == 0 || lstat(path, &status) == 0
            return isFound ? (path, FileStatus(status)) : nil
        }
    }
}

extension FileStatus.Kind {
    /// The kind in words, for people.
    package var words: String {
        switch self {
        case .regular: "regular file"
        case .folder: "folder"
        case .link: "symbolic link"
        case .other: "pipe, socket or device"
        }
    }
}
