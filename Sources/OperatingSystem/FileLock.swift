#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An exclusive or shared lock of the kernel (`flock`) on a file that is never removed.
///
/// The lock ends with its last descriptor, however the process ends.
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

    /// Tries once to take the lock; returns `nil` when another open file holds it.
    ///
    /// - Parameter isShared: Whether the lock can be held together with other shared locks.
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
            // The file may have been replaced between `open` and `flock`; the lock would then have no effect.
            guard let named = try folder.identity(of: name), named.isSameFile(as: opened) else { continue }
            return FileLock(file: file, opened, folder: folder, name: name)
        }
    }

    /// Waits for the lock, with pauses that grow from 2 ms to 10 ms with random jitter; returns `nil` after `timeout`.
    ///
    /// Waiting takes about 1 % of a processor. With pauses of 100 ms it would take next to nothing, but a single waiter
    /// would then notice the free lock after 13 ms at the median, instead of 3 ms.
    ///
    /// - Parameter whenBlocked: A closure that is called once, when the first attempt finds the lock held.
    /// - Throws: ``SystemError``, or `CancellationError` as soon as the task is cancelled.
    package static func acquire(
        _ name: String, in folder: Folder, isShared: Bool = false, timeout: Duration, whenBlocked: () async -> Void = {}
    ) async throws -> FileLock? {
        let clock = ContinuousClock()
        // At least 5 ms, because `isHeld` takes a shared lock briefly.
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

    /// Returns whether the path still names the locked file; `false` when the file was removed or replaced.
    package func isStillNamed() throws(SystemError) -> Bool {
        guard let named = try folder.identity(of: name) else { return false }
        return named.isSameFile(as: identity)
    }

    /// Releases the lock.
    ///
    /// Closing the file is not enough: a child between `fork` and `exec` still has a copy of the descriptor.
    package func release() throws(SystemError) {
        try check("flock", file.path) { flock(file.descriptor, LOCK_UN) }
    }

    /// Returns whether another open file holds the lock.
    ///
    /// The call opens nothing for writing and creates nothing.
    package static func isHeld(_ name: String, in folder: Folder) throws(SystemError) -> Bool {
        do {
            let file = try folder.open(name, .read)
            // The attempt to take a shared lock shows it. (The list in /proc/locks omits the locks of other
            // containers.)
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
