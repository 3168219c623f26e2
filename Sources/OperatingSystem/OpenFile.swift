import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The status of a file.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case regular, folder, link, other }
    package let kind: Kind
    /// The number of the file's owner.
    package let owner: UInt32
    package let device: UInt64
    package let inode: UInt64
    /// The size in bytes.
    package let size: Int
    /// The permission bits.
    package let mode: UInt32
    /// The time of the last modification, in seconds since 1970.
    package let modified: Int
    /// The nanoseconds of that time, in the resolution of the file system.
    package let modifiedNanoseconds: Int

    init(_ status: stat) {
        kind = Kind(mode: status.st_mode)
        owner = status.st_uid
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
        mode = UInt32(status.st_mode & 0o7777)
        #if canImport(Darwin)
            modified = status.st_mtimespec.tv_sec
            modifiedNanoseconds = status.st_mtimespec.tv_nsec
        #else
            modified = status.st_mtim.tv_sec
            modifiedNanoseconds = status.st_mtim.tv_nsec
        #endif
    }

    /// Returns whether both are the same file, and not only files with the same content.
    package func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// The identity, size and mode of a file, without its times.
package struct FileIdentity: Hashable, Sendable {
    package let kind: FileStatus.Kind
    package let device: UInt64
    package let inode: UInt64
    /// The size in bytes.
    package let size: Int
    /// The permission bits.
    package let mode: UInt32

    init(_ found: os_identity) {
        kind = FileStatus.Kind(mode: mode_t(truncatingIfNeeded: found.mode))
        device = found.device
        inode = found.inode
        size = Int(found.size)
        mode = found.mode & 0o7777
    }

    /// Returns whether both are the same file, and not only files with the same content.
    package func isSameFile(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }
}

extension FileStatus.Kind {
    fileprivate init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
    }
}

/// An open file.
///
/// It is closed once: by ``close()``, which reports an error, or at the end of its life.
package struct OpenFile: ~Copyable, Sendable {
    /// The file descriptor; -1 after the file was closed.
    package private(set) var descriptor: Int32
    package let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// The access to a file.
    ///
    /// Files are always opened with close-on-exec. A symbolic link is followed only by ``readFollowingLinks``.
    package enum Access: Sendable {
        case read, readFollowingLinks, readWrite, readWriteCreating, createNew, appendCreating

        var flags: Int32 {
            let flags: Int32 =
                switch self {
                case .read, .readFollowingLinks: O_RDONLY | O_NONBLOCK
                case .readWrite: O_RDWR | O_NONBLOCK
                case .readWriteCreating: O_RDWR | O_CREAT | O_NONBLOCK
                case .createNew: O_RDWR | O_CREAT | O_EXCL
                case .appendCreating: O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK
                }
            return flags | O_CLOEXEC | (self == .readFollowingLinks ? 0 : O_NOFOLLOW)
        }
    }

    /// Opens `path`; a new file has mode 0600, whatever the umask.
    package init(_ path: String, _ access: Access) throws(SystemError) {
        self = try Self.open(path, access) { flags in systemOpen(path, flags) }
    }

    /// Opens a file with `call`.
    ///
    /// - Parameter call: A closure that opens the file with the given flags and returns its descriptor, or -1 with
    ///   `errno`.
    static func open(
        _ path: String, _ access: Access, _ call: (Int32) -> Int32
    ) throws(SystemError) -> OpenFile {
        let flags = access.flags
        guard flags & O_CREAT != 0 else {
            return OpenFile(descriptor: try check("openat", path) { call(flags) }, path: path)
        }
        while true {
            if flags & O_EXCL == 0 {
                do throws(SystemError) {
                    return OpenFile(descriptor: try check("openat", path) { call(flags & ~O_CREAT) }, path: path)
                } catch  where error.isNotFound {
                    // The file is created below, so that this process knows that it has created it.
                }
            }
            do throws(SystemError) {
                let file = OpenFile(
                    descriptor: try check("openat", path) { call(flags | O_EXCL) }, path: path)
                if try file.status().mode & 0o600 != 0o600 { try file.setMode(0o600) }
                return file
            } catch  where error.alreadyExists && flags & O_EXCL == 0 {
                // Another process has created the file first.
            }
        }
    }

    package func status() throws(SystemError) -> FileStatus {
        var status = stat()
        try check("fstat", path) { unsafe fstat(descriptor, &status) }
        return FileStatus(status)
    }

    package func identity() throws(SystemError) -> FileIdentity {
        var found = os_identity()
        try check("statx", path) { unsafe os_identify(descriptor, nil, &found) }
        return FileIdentity(found)
    }

    package func setMode(_ mode: UInt32) throws(SystemError) {
        try check("fchmod", path) { fchmod(descriptor, mode_t(mode)) }
    }

    /// Writes all bytes, with as many system calls as necessary.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = try check("write", path) {
                unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                    return unsafe systemWrite(descriptor, rest.baseAddress, rest.count)
                }
            }
            // A regular file returns 0 only when it cannot take more.
            if count == 0 { throw SystemError(call: "write", subject: path, number: ENOSPC) }
            written += count
        }
    }

    /// Writes the bytes with one system call, so that they cannot mix with those of other processes, and returns the
    /// number of bytes written.
    package func writeOnce(_ bytes: [UInt8]) throws(SystemError) -> Int {
        try check("write", path) { unsafe systemWrite(descriptor, bytes, bytes.count) }
    }

    /// Replaces the bytes from `offset` on, with one system call unless the system takes fewer bytes at a time.
    ///
    /// The file must not be open for appending.
    package func overwrite(_ bytes: [UInt8], at offset: Int = 0) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = try check("pwrite", path) {
                unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                    return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
                }
            }
            if count == 0 { throw SystemError(call: "pwrite", subject: path, number: ENOSPC) }
            written += count
        }
    }

    /// Returns the bytes from `offset` to the end, but at most `limit`.
    package func read(from offset: Int = 0, limit: Int = .max) throws(SystemError) -> [UInt8] {
        // The buffer has one byte more than the file, so that an incomplete read shows that the end is reached.
        var room = limit <= 4096 ? limit : min(limit, max(0, try identity().size - offset) + 1)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let piece = try readOnce(from: offset + bytes.count, limit: room)
            if piece.isEmpty { break }
            bytes = bytes.isEmpty ? piece : bytes + piece
            room = min(limit - bytes.count, max(room - piece.count, 4096))
        }
        return bytes
    }

    /// Appends a range of the file to another file; bytes after the end of the file are ignored.
    package func copy(_ range: Range<Int>, to other: borrowing OpenFile) throws(SystemError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try read(from: offset, limit: min(1 << 20, range.upperBound - offset))
            guard !bytes.isEmpty else { return }
            try other.write(bytes)
            offset += bytes.count
        }
    }

    /// Reads bytes from `offset` on until the buffer is full or the file ends.
    ///
    /// - Returns: The number of bytes read, which is less than the size of the buffer only at the end of the file.
    func read(into buffer: inout [UInt8], from offset: Int) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try check("pread", path) {
                unsafe buffer.withUnsafeMutableBytes { bytes in
                    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                    return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                }
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    private func readOnce(from offset: Int, limit: Int) throws(SystemError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SystemError) {
                count = try check("pread", path) {
                    unsafe pread(descriptor, buffer.baseAddress, limit, off_t(offset))
                }
            } catch {
                number = error.number
            }
        }
        if number != 0 { throw SystemError(call: "pread", subject: path, number: number) }
        return bytes
    }

    /// Returns whether the file contains exactly these bytes.
    package func holds(_ bytes: [UInt8]) throws(SystemError) -> Bool { areSame(try read(), bytes) }

    /// Reserves disk space for the first `size` bytes, so that writing them cannot fail for lack of space.
    ///
    /// The file's size does not change. ``truncate(to:)`` releases the space that was not used.
    ///
    /// - Returns: `false` when the file system does not support that.
    package func reserve(_ size: Int) throws(SystemError) -> Bool {
        do {
            try check("fallocate", path) { os_reserve(descriptor, Int64(size)) }
            return true
        } catch  where [EOPNOTSUPP, ENOTSUP, ENOSYS, EINVAL].contains(error.number) {
            return false
        }
    }

    /// Releases the disk space of a range of the file, which then reads as zeros.
    ///
    /// - Returns: `false` when the file system does not support that.
    package func punch(_ range: Range<Int>) throws(SystemError) -> Bool {
        do {
            try check("fallocate", path) { os_punch(descriptor, Int64(range.lowerBound), Int64(range.count)) }
            return true
        } catch  where [EOPNOTSUPP, ENOTSUP, ENOSYS, EINVAL].contains(error.number) {
            return false
        }
    }

    /// Returns the first offset, not before `offset`, at which the file has content and not a hole; the file's size
    /// when there is none.
    package func content(from offset: Int) throws(SystemError) -> Int {
        do throws(SystemError) {
            return Int(try check("lseek", path) { os_content(descriptor, Int64(offset)) })
        } catch  where error.number == ENXIO {
            return try status().size
        }
    }

    package func truncate(to size: Int) throws(SystemError) {
        try check("ftruncate", path) { ftruncate(descriptor, off_t(size)) }
    }

    /// Makes the content durable (fsync).
    ///
    /// After an error, fsync must not be repeated on the same descriptor: the kernel forgets what it could not write
    /// (see fsync(2) and Rebello et al., "Can Applications Recover from fsync Failures?").
    package func synchronize() throws(SystemError) {
        try check("fsync", path) { os_synchronize(descriptor) }
    }

    /// Makes the content durable, without the file's times (fdatasync).
    ///
    /// After an error, it must not be repeated on the same descriptor; see ``synchronize()``.
    package func synchronizeData() throws(SystemError) {
        try check("fdatasync", path) { os_synchronize_data(descriptor) }
    }

    /// Closes the file and throws when a delayed write failed.
    package consuming func close() throws(SystemError) {
        let closing = descriptor
        descriptor = -1
        if systemClose(closing) != 0 && errno != EINTR {
            throw SystemError(call: "close", subject: path, number: errno)
        }
    }

    deinit { if descriptor >= 0 { _ = systemClose(descriptor) } }
}

private func systemOpen(_ path: String, _ flags: Int32) -> Int32 { unsafe open(path, flags, 0o600) }

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}

/// Returns whether two arrays are equal, in a tenth of the time that `==` takes.
package func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let count = left.count
    guard count == right.count else { return false }
    return unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return true }
            return unsafe memcmp(left, right, count) == 0
        }
    }
}
