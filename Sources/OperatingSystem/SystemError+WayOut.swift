#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Advice for a system call that failed.
extension SystemError {
    /// Returns a sentence that names the obstacle and how to remove it; `nil` when only the reason is known.
    ///
    /// No advice overwrites or removes a file.
    ///
    /// - Parameter target: The path to move an obstacle to; `nil` for a new name in the same folder.
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

    /// Returns the advice for a file of the wrong kind: its path, and how to move it away.
    private func misplaced(movingTo target: String?) -> String? {
        // The first component that is not a folder is the obstacle; the last component may be any kind of file.
        guard let (path, status) = components.first(where: { _, status in status.kind != .folder }) ?? components.last
        else { return nil }
        let words = [path, target ?? path + ".moved"].map(\.quotedForShell).joined(separator: " ")
        let others = target == nil ? "use another path, or " : ""
        return "\(path) is a \(status.kind.words): \(others)move it away (mv -n \(words))."
    }

    /// The advice for a missing permission: the user who has it, and how to get it.
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

    /// The visible paths on the way to the subject with their statuses, outermost first.
    private var components: [(path: String, status: FileStatus)] {
        guard let whole = try? absolutePath(subject) else { return [] }
        var paths = ["/"]
        for part in whole.parts(at: "/") {
            paths.append((paths.count == 1 ? "/" : paths[paths.count - 1] + "/") + part)
        }
        return paths.compactMap { path in
            var status = stat()
            // A symbolic link counts as its target, and as itself when the target does not exist.
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
