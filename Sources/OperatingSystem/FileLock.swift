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
    private let identity: FileIdentity
    private let folder: Folder
    private let name: String

    private init(file: consuming OpenFile, _ identity: FileIdentity, folder: Folder, name: String) {
        self.file = file
        self.identity = identity
        self.folder = folder
        self.name = name
    }

    /// Tries once; nil when another open file holds the lock, be it only for the moment in which ``isHeld(_:in:)`` asks.
    ///
    /// - Parameter isShared: whether others may hold it too that share it.
    package static func attempt(
        _ name: String, in folder: Folder, isShared: Bool = false
    ) throws(SystemError) -> FileLock? {
        while true {
            let file = try folder.open(name, .readWriteCreating)
            let opened = try file.identity()
            guard opened.kind == .regular else {
                throw SystemError(call: "open", subject: file.path, number: ENXIO)
            }
            do {
                try check("flock", file.path) { flock(file.descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            } catch  where error.wouldBlock {
                return nil
            }
            // Somebody may have replaced the file between open and flock: then this lock means nothing.
            guard let named = try folder.identity(of: name), named.isSameFile(as: opened) else { continue }
            return FileLock(file: file, opened, folder: folder, name: name)
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
        // At least 5 ms: `isHeld` takes a shared lock for a moment.
        let deadline = clock.now + max(timeout, .milliseconds(5))
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
        guard let named = try folder.identity(of: name) else { return false }
        return named.isSameFile(as: identity)
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
            // A passing shared lock tells. (The list in /proc/locks leaves out what other containers hold.)
            try check("flock", file.path) { flock(file.descriptor, LOCK_SH | LOCK_NB) }
            try check("flock", file.path) { flock(file.descriptor, LOCK_UN) }
            return false
        } catch {
            if error.isNotFound { return false }
            if error.wouldBlock { return true }
            throw error
        }
    }
}
