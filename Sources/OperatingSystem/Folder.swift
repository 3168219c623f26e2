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
/// All operations are relative to its descriptor, so that renaming a parent cannot redirect a save.
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

    /// Opens a folder, and creates it and its missing parents with mode 0700; new folders are durable in their parents.
    package static func making(_ path: String) throws(SystemError) -> Folder {
        do {
            return try Folder(path)
        } catch {
            guard error.isNotFound, let parent = parentPath(of: path) else { throw error }
            return try making(parent).makingFolder(lastComponent(of: path))
        }
    }

    /// Opens a folder inside this one, and creates it with mode 0700 when it is missing.
    package func makingFolder(_ name: String) throws(SystemError) -> Folder {
        do {
            try check("mkdirat", path(of: name)) { unsafe mkdirat(descriptor, name, 0o700) }
            try repairMode(of: name)
            try synchronize()
        } catch  where error.alreadyExists {
            // The usual case: the folder exists.
        }
        return try folder(name)
    }

    /// Restores the bits of 0700 that the umask removed from a new folder, without which no process could open it.
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

    /// Opens a file; a new file has mode 0600, whatever the umask.
    package func open(_ name: String, _ access: OpenFile.Access) throws(SystemError) -> OpenFile {
        try OpenFile.open(path(of: name), access) { flags in unsafe openat(descriptor, name, flags, 0o600) }
    }

    /// Returns the status of the entry `name` without following a symbolic link; `nil` for none.
    package func status(of name: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        do {
            try check("fstatat", path(of: name)) { unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch  where error.isNotFound {
            return nil
        }
        return FileStatus(status)
    }

    /// Returns the status of the entry `name` after following symbolic links; `nil` when they lead nowhere.
    package func statusFollowingLinks(of name: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        do {
            try check("fstatat", path(of: name)) { unsafe fstatat(descriptor, name, &status, 0) }
        } catch  where error.isNotFound || error.number == ELOOP || error.number == ENOTDIR {
            return nil
        }
        return FileStatus(status)
    }

    /// Returns whether there is a folder at `path`; `false` when there is no entry.
    package static func exists(_ path: String) throws(SystemError) -> Bool {
        do {
            _ = try Folder(path)
            return true
        } catch  where error.isNotFound {
            return false
        }
    }

    /// Returns the identity of the entry `name` without following a symbolic link; `nil` for none.
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

    /// Throws when this process may not create and remove files in the folder.
    package func checkWritable() throws(SystemError) {
        try check("faccessat", path) { unsafe faccessat(descriptor, ".", W_OK | X_OK, AT_EACCESS) }
    }

    /// Returns the space that this user may still fill on the folder's disk, and the size of a block; `nil` when the
    /// file system does not report them.
    ///
    /// Both are in bytes.
    package func space() throws(SystemError) -> (available: Int, block: Int)? {
        var status = statvfs()
        try check("fstatvfs", path) { unsafe fstatvfs(descriptor, &status) }
        guard status.f_blocks > 0 else { return nil }
        let blocks = ThisProcess.userIdentifier == 0 ? status.f_bfree : status.f_bavail
        let (available, isMore) = Int(blocks).multipliedReportingOverflow(by: Int(status.f_frsize))
        return (isMore ? .max : available, max(1, Int(status.f_frsize)))
    }

    /// The name of the network or user-space file system of the folder; `nil` for a local one.
    package var networkFileSystem: String? {
        var buffer = [CChar](repeating: 0, count: 32)
        guard let name = unsafe os_network_file_system_of(descriptor, &buffer) else { return nil }
        return unsafe String(cString: name)
    }

    /// Replaces the file `name` durably and atomically.
    ///
    /// - Parameters:
    ///   - isNameDurable: Whether to wait until a power cut cannot restore the previous file.
    ///   - isAllowed: A closure that is called when the new file is complete on the disk, just before it takes the
    ///     name.
    /// - Returns: Whether the file was replaced.
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

    /// Throws when the folder belongs to another user, who could replace its files.
    package func checkOwned() throws(SystemError) {
        guard try status().owner == ThisProcess.userIdentifier else {
            throw SystemError.notOwned(path)
        }
    }

    package func rename(_ old: String, to new: String) throws(SystemError) {
        try check("renameat", path(of: new)) { unsafe renameat(descriptor, old, descriptor, new) }
    }

    /// Renames the entry `name` to the first free name of `name.bak`, `name.bak.2` and so on.
    ///
    /// - Parameters:
    ///   - ending: The suffix to use instead of `.bak`.
    ///   - isLinked: Whether the file keeps its old name as well. A file system without hard links gets a copy.
    /// - Returns: The new path.
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

    /// Gives a file a second name.
    ///
    /// On a file system without hard links the second name belongs to a copy, which is complete before it gets the
    /// name.
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

    /// Returns the target of the symbolic link `name`; `nil` when there is none.
    package func target(ofLink name: String) -> String? {
        textOfSystem { buffer in unsafe readlinkat(descriptor, name, &buffer, buffer.count - 1) >= 0 }
    }

    /// Removes a file; returns `false` when there was none.
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool {
        do {
            try check("unlinkat", path(of: name)) { unsafe unlinkat(descriptor, name, 0) }
            return true
        } catch  where error.isNotFound {
            return false
        }
    }

    /// Removes the entry `name`, and everything in it when it is a folder; never follows a symbolic link.
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
            // Another process has removed it first.
        }
    }

    /// Returns the names of the folder's entries, sorted, without `.` and `..`.
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
    /// On an xfs that has shut down after an error in its log, the fsync of a folder succeeds and makes nothing durable
    /// (seen with Linux 6.18). Reading the status fails there.
    package func synchronize() throws(SystemError) {
        try check("fsync", path) { os_synchronize(descriptor) }
        _ = try status()
    }

    /// Makes the folder's own name durable, and the names of the folders above it.
    ///
    /// ``making(_:)`` does this for the folders that it creates, but its process may be killed before. The function stops
    /// at a folder in which this user cannot create entries, because no process of this user has created any there.
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

/// Returns the name of the network or user-space file system with a type number of statfs(2); `nil` for others.
package func networkFileSystem(type: Int64) -> String? {
    guard let name = unsafe os_network_file_system(type) else { return nil }
    return unsafe String(cString: name)
}

/// Returns the path of the folder that contains `path`; `nil` for the root.
package func parentPath(of path: String) -> String? {
    let slash = UInt8(ascii: "/")
    let bytes = path.utf8
    let trimmed = bytes.count > 1 && bytes.last == slash ? String(decoding: bytes.dropLast(), as: UTF8.self) : path
    guard trimmed != "/" && trimmed != "." && !trimmed.isEmpty else { return nil }
    guard let end = trimmed.utf8.lastIndex(of: slash) else { return "." }
    return end == trimmed.startIndex ? "/" : String(decoding: trimmed.utf8[..<end], as: UTF8.self)
}

/// Returns the last component of a path.
package func lastComponent(of path: String) -> String {
    path.parts(at: "/").last ?? path
}

/// Returns `path` as an absolute path without `.`, `..` and double slashes; symbolic links are not resolved.
///
/// - Throws: ``SystemError`` for an empty path, and for a relative one when the current folder is gone or its path is
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
        // Some C libraries return a name in parentheses for a folder outside the process's root.
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
