#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The kernel's lock (`flock`), for one holder or shared by several, on a file that is never removed; it ends with its last descriptor, however
/// the process ends.
package final class FileLock: Sendable {
    package let file: OpenFile
    private let folder: Folder
    private let name: String

    private init(file: consuming OpenFile, folder: Folder, name: String) {
        self.file = file
        self.folder = folder
        self.name = name
    }

    /// Tries once; nil when another open file holds the lock.
    ///
    /// - Parameter isShared: whether others may hold it too that share it.
    package static func attempt(
        _ name: String, in folder: Folder, isShared: Bool = false
    ) throws(SystemError) -> FileLock? {
        while true {
            let file = try folder.open(name, .readWriteCreating)
            let opened = try file.status()
            guard opened.kind == .regular else {
                throw SystemError(call: "open", subject: file.path, number: ENXIO)
            }
            do {
                try check("flock", file.path) { flock(file.descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            } catch  where error.wouldBlock {
                return nil
            }
            // Somebody may have replaced the file between open and flock: then this lock means nothing.
            guard let named = try folder.status(of: name), named.isSameFile(as: opened) else { continue }
            return FileLock(file: file, folder: folder, name: name)
        }
    }

    /// Tries with jittered back-off (2 ms growing to 10 ms) until `timeout` has passed; nil when it has.
    ///
    /// Waiting costs about a hundredth of a processor. With 100 ms it would cost next to nothing, and the lock would lie
    /// free for 13 ms at the median before a single waiter noticed, instead of 3 ms.
    ///
    /// - Parameter whenBlocked: is called once, when the first attempt finds the lock held.
    /// - Throws: ``SystemError``, or `CancellationError` as soon as the task is cancelled.
    package static func acquire(
        _ name: String, in folder: Folder, isShared: Bool = false, timeout: Duration, whenBlocked: () async -> Void = {}
    ) async throws -> FileLock? {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var pause = 2.0
        var isFirst = true
        while true {
            try Task.checkCancellation()
            if let lock = try attempt(name, in: folder, isShared: isShared) { return lock }
            if isFirst {
                isFirst = false
                await whenBlocked()
            }
            let left = deadline - clock.now
            guard left > .zero else { return nil }
            try await Task.sleep(for: min(.milliseconds(pause * .random(in: 0.5...1)), left), clock: clock)
            pause = min(pause * 1.5, 10)
        }
    }

    /// Whether the path still names the file that is locked; false when somebody removed or replaced it.
    package func isStillNamed() throws(SystemError) -> Bool {
        guard let named = try folder.status(of: name) else { return false }
        return named.isSameFile(as: try file.status())
    }

    /// Frees the lock now.
    ///
    /// Closing the file alone would not: a child between fork and exec still has a copy of the descriptor.
    package func release() throws(SystemError) {
        try check("flock", file.path) { flock(file.descriptor, LOCK_UN) }
    }

    /// Whether another open file holds the lock now.
    ///
    /// Opens nothing for writing and creates nothing.
    package static func isHeld(_ name: String, in folder: Folder) throws(SystemError) -> Bool {
        do {
            let file = try folder.open(name, .read)
            let status = try file.status()
            if let listed = Self.listedLocks(on: status.inode) {
                if listed.isEmpty { return false }
                if listed.contains(status.device) { return true }
            }
            // The list is not to be had, or names another file of that number: a passing shared lock tells.
            try check("flock", file.path) { flock(file.descriptor, LOCK_SH | LOCK_NB) }
            try check("flock", file.path) { flock(file.descriptor, LOCK_UN) }
            return false
        } catch {
            if error.isNotFound { return false }
            if error.wouldBlock { return true }
            throw error
        }
    }

    /// The devices on which the kernel lists an exclusive `flock` on a file of this number (Linux, `/proc/locks`); nil
    /// where there is no list.
    private static func listedLocks(on inode: UInt64) -> [UInt64]? {
        // The kernel counts its way back to where a call ended, and passes over a lock when one before it ends meanwhile.
        guard let bytes = try? OpenFile("/proc/locks", .read).read(atOnce: 1 << 16) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            // 1: FLOCK  ADVISORY  WRITE 4711 fe:01:393228 0 EOF
            let words = line.split(separator: " ")
            guard words.count > 5, words[1] == "FLOCK", words[3] == "WRITE" else { return nil }
            let place = words[5].split(separator: ":")
            guard place.count == 3, UInt64(place[2]) == inode, let major = UInt32(place[0], radix: 16),
                let minor = UInt32(place[1], radix: 16)
            else { return nil }
            return FileStatus.device(major: major, minor: minor)
        }
    }
}
