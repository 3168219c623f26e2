import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open folder.
///
/// Everything is done relative to its descriptor, so that renaming a parent cannot redirect a save.
package final class Folder: Sendable {
    package let path: String
    let descriptor: Int32

    /// Opens an existing folder.
    package init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try check("open", path) { unsafe openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Opens a folder and makes it, and what is missing above it, with mode 0700; what is new is durable in its parent.
    package static func making(_ path: String) throws(SystemError) -> Folder {
        do {
            return try Folder(path)
        } catch {
            guard error.isNotFound, let parent = parentPath(of: path) else { throw error }
            return try making(parent).makingFolder(lastComponent(of: path))
        }
    }

    /// Opens a folder inside this one and makes it, with mode 0700, when it is missing.
    package func makingFolder(_ name: String) throws(SystemError) -> Folder {
        do {
            try check("mkdirat", path(of: name)) { unsafe mkdirat(descriptor, name, 0o700) }
            try repairMode(of: name)
            try synchronize()
        } catch  where error.alreadyExists {
            // The usual case: it is there.
        }
        return try folder(name)
    }

    /// Gives a folder that was just made the bits of 0700 that the umask took, without which nobody could open it.
    private func repairMode(of name: String) throws(SystemError) {
        guard let made = try status(of: name), made.kind == .folder, made.mode & 0o700 != 0o700 else { return }
        try check("fchmodat", path(of: name)) { unsafe fchmodat(descriptor, name, 0o700, 0) }
    }

    /// Opens an existing folder inside this one, never through a symbolic link.
    package func folder(_ name: String) throws(SystemError) -> Folder {
        let inner = try check("openat", path(of: name)) {
            unsafe openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        }
        return Folder(path: path(of: name), descriptor: inner)
    }

    /// Opens a file; what is created has mode 0600, whatever the umask.
    package func open(_ name: String, _ access: OpenFile.Access) throws(SystemError) -> OpenFile {
        try OpenFile.open(path(of: name), access) { flags in unsafe openat(descriptor, name, flags, 0o600) }
    }

    /// The status of what is at `name`, a symbolic link itself included; nil when there is nothing.
    package func status(of name: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        do {
            try check("fstatat", path(of: name)) { unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch  where error.isNotFound {
            return nil
        }
        return FileStatus(status)
    }

    /// The status of what `name` leads to through any symbolic links; nil when it leads to nothing.
    package func statusFollowingLinks(of name: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        do {
            try check("fstatat", path(of: name)) { unsafe fstatat(descriptor, name, &status, 0) }
        } catch  where error.isNotFound || error.number == ELOOP || error.number == ENOTDIR {
            return nil
        }
        return FileStatus(status)
    }

    /// Whether there is a folder at `path`; false when there is nothing.
    package static func exists(_ path: String) throws(SystemError) -> Bool {
        do {
            _ = try Folder(path)
            return true
        } catch  where error.isNotFound {
            return false
        }
    }

    /// What is at `name`, a symbolic link itself included, without its times; nil when there is nothing.
    package func identity(of name: String) throws(SystemError) -> FileIdentity? {
        var found = os_identity()
        do {
            try check("statx", path(of: name)) { unsafe os_identify(descriptor, name, &found) }
        } catch  where error.isNotFound {
            return nil
        }
        return FileIdentity(found)
    }

    package func status() throws(SystemError) -> FileStatus {
        var status = stat()
        try check("fstat", path) { unsafe fstat(descriptor, &status) }
        return FileStatus(status)
    }

    package func setMode(_ mode: UInt32) throws(SystemError) {
        try check("fchmod", path) { fchmod(descriptor, mode_t(mode)) }
    }

    /// Makes sure that this process may make and remove files here.
    package func checkWritable() throws(SystemError) {
        try check("faccessat", path) { unsafe faccessat(descriptor, ".", W_OK | X_OK, AT_EACCESS) }
    }

    /// The room on the folder's disk: what this user may still fill, and the size of the pieces that a file takes
    /// (bytes); nil when the file system does not say.
    package func space() throws(SystemError) -> (available: Int, block: Int)? {
        var status = statvfs()
        try check("fstatvfs", path) { unsafe fstatvfs(descriptor, &status) }
        guard status.f_blocks > 0 else { return nil }
        let blocks = ThisProcess.userIdentifier == 0 ? status.f_bfree : status.f_bavail
        let (available, isMore) = Int(blocks).multipliedReportingOverflow(by: Int(status.f_frsize))
        return (isMore ? .max : available, max(1, Int(status.f_frsize)))
    }

    /// The name of the network or user-space file system that the folder is on; nil for a local one.
    package var networkFileSystem: String? {
        var buffer = [CChar](repeating: 0, count: 32)
        guard let name = unsafe os_network_file_system_of(descriptor, &buffer) else { return nil }
        return unsafe String(cString: name)
    }

    /// Puts a file in place of what is at `name`, durably: it is there as a whole or not at all.
    ///
    /// - Parameters:
    ///   - isNameDurable: whether to wait until a power cut cannot bring back the file that was there before.
    ///   - isAllowed: asked when the new file is complete on the disk, the moment before it takes the name.
    /// - Returns: whether the file was put there.
    @discardableResult
    package func put(
        _ bytes: [UInt8], at name: String, isNameDurable: Bool = true,
        if isAllowed: () throws(SystemError) -> Bool = { () throws(SystemError) in true }
    ) throws(SystemError) -> Bool {
        let temporary = ".\(name).\(UInt32.random(in: .min ... .max)).tmp"
        do throws(SystemError) {
            let file = try open(temporary, .createNew)
            try file.write(bytes)
            try file.synchronize()
            try file.close()
            guard try isAllowed() else {
                try remove(temporary)
                return false
            }
            try rename(temporary, to: name)
            if isNameDurable { try synchronize() }
            return true
        } catch {
            _ = try? remove(temporary)
            throw error
        }
    }

    /// Makes sure that the folder is this user's own, so that nobody else can put another file in place of one in it.
    package func checkOwned() throws(SystemError) {
        guard try status().owner == ThisProcess.userIdentifier else {
            throw SystemError.notOwned(path)
        }
    }

    package func rename(_ old: String, to new: String) throws(SystemError) {
        try check("renameat", path(of: new)) { unsafe renameat(descriptor, old, descriptor, new) }
    }

    /// Gives what is at `name` the first free one of `name.bak`, `name.bak.2` and so on.
    ///
    /// - Parameters:
    ///   - ending: what to put in the place of `.bak`.
    ///   - isLinked: whether the file keeps its old name as well; a file system without hard links gets a copy.
    /// - Returns: its new path.
    @discardableResult
    package func setAside(
        _ name: String, ending: String = ".bak", isLinked: Bool = false
    ) throws(SystemError) -> String {
        var aside = name + ending
        var number = 1
        while try identity(of: aside) != nil {
            number += 1
            aside = "\(name)\(ending).\(number)"
        }
        if isLinked { try linkOrCopy(name, to: aside) } else { try rename(name, to: aside) }
        return path(of: aside)
    }

    /// Gives a file a second name; a file system without hard links gets a copy, complete before it has that name.
    package func linkOrCopy(_ name: String, to newName: String) throws(SystemError) {
        do {
            try link(name, to: newName, in: self)
        } catch  where error.isNotSupported {
            try put(try open(name, .read).read(), at: newName)
        }
    }

    /// Gives a file a second name in another folder, without copying it.
    package func link(_ name: String, to newName: String, in folder: Folder) throws(SystemError) {
        try check("linkat", folder.path(of: newName)) {
            unsafe linkat(descriptor, name, folder.descriptor, newName, 0)
        }
    }

    package func symbolicLink(_ name: String, to target: String) throws(SystemError) {
        try check("symlinkat", path(of: name)) { unsafe symlinkat(target, descriptor, name) }
    }

    /// Where the symbolic link at `name` points; nil when there is none.
    package func target(ofLink name: String) -> String? {
        textOfSystem { buffer in unsafe readlinkat(descriptor, name, &buffer, buffer.count - 1) >= 0 }
    }

    /// Removes a file; false when there was none.
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool {
        do {
            try check("unlinkat", path(of: name)) { unsafe unlinkat(descriptor, name, 0) }
            return true
        } catch  where error.isNotFound {
            return false
        }
    }

    /// Removes whatever is at `name`, a folder with all that is in it; never follows a symbolic link.
    package func removeTree(_ name: String) throws(SystemError) {
        guard let status = try status(of: name) else { return }
        guard status.kind == .folder else {
            try remove(name)
            return
        }
        let inner = try folder(name)
        for entry in try inner.names() { try inner.removeTree(entry) }
        do {
            try check("unlinkat", path(of: name)) { unsafe unlinkat(descriptor, name, AT_REMOVEDIR) }
        } catch  where error.isNotFound {
            // Somebody else was faster; gone is gone.
        }
    }

    /// The names in the folder, sorted, without `.` and `..`.
    package func names() throws(SystemError) -> [String] {
        let copy = try check("openat", path) {
            unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = unsafe fdopendir(copy) else {
            let number = errno
            close(copy)
            throw SystemError(call: "fdopendir", subject: path, number: number)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw SystemError(call: "readdir", subject: path, number: errno) }
                break
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes the folder's entries durable.
    ///
    /// On an xfs that has shut down, after an error in its log, the fsync of a folder succeeds and makes nothing durable
    /// (seen with Linux 6.18); asking for the status fails there.
    package func synchronize() throws(SystemError) {
        try check("fsync", path) { os_synchronize(descriptor) }
        _ = try status()
    }

    /// Makes the folder's own name durable, and the names of the folders above it.
    ///
    /// ``making(_:)`` does that for what it makes, and its process may be killed before. Where this user can make nothing,
    /// none of its processes has made anything.
    package func synchronizeName() throws(SystemError) {
        guard let parent = parentPath(of: path) else { return }
        do throws(SystemError) {
            let folder = try Folder(parent)
            try folder.checkWritable()
            try folder.synchronize()
            try folder.synchronizeName()
        } catch  where error.isNotPermitted {
            return
        }
    }

    package func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }
}

/// The name of the network or user-space file system with that number in statfs(2); nil for others.
package func networkFileSystem(type: Int64) -> String? {
    guard let name = unsafe os_network_file_system(type) else { return nil }
    return unsafe String(cString: name)
}

/// The path of the folder that holds `path`; nil for the root.
package func parentPath(of path: String) -> String? {
    let slash = UInt8(ascii: "/")
    let bytes = path.utf8
    let trimmed = bytes.count > 1 && bytes.last == slash ? String(decoding: bytes.dropLast(), as: UTF8.self) : path
    guard trimmed != "/" && trimmed != "." && !trimmed.isEmpty else { return nil }
    guard let end = trimmed.utf8.lastIndex(of: slash) else { return "." }
    return end == trimmed.startIndex ? "/" : String(decoding: trimmed.utf8[..<end], as: UTF8.self)
}

/// The last component of a path.
package func lastComponent(of path: String) -> String {
    path.parts(at: "/").last ?? path
}

/// `path` as an absolute path without `.`, `..` and double slashes; symbolic links are not resolved.
///
/// - Throws: ``SystemError`` for an empty path, and for a relative one when the current folder is gone or its own path is
///   too long.
package func absolutePath(_ path: String) throws(SystemError) -> String {
    var base = ""
    guard !path.isEmpty else { throw SystemError(call: "open", subject: "an empty path", number: ENOENT) }
    if !path.begins(with: "/") {
        var number: Int32 = 0
        let folder = textOfSystem { buffer in
            let isFound = unsafe getcwd(&buffer, buffer.count) != nil
            if !isFound { number = errno }
            return isFound
        }
        // Some C libraries give a folder outside the process's root a name in parentheses.
        guard let folder, folder.begins(with: "/") else {
            throw SystemError(
                call: "getcwd", subject: path, number: number == 0 ? ENOENT : number == ERANGE ? ENAMETOOLONG : number)
        }
        base = folder
    }
    var parts: [String] = []
    for part in "\(base)/\(path)".parts(at: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}
