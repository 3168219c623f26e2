import DocumentStore
public import EnvironmentDomain
import OperatingSystem

/// A lock for whatever has a path: one process, and one task in it, holds it at a time.
///
/// It is the kernel's lock (`flock`) on the file `PATH.lock`, which stays. It ends with its holder, however that ends, so that
/// nobody ever has to remove a lock by hand. The file holds one JSON object that says who holds the lock (number of the process,
/// host, user, time); that is for people, and the kernel decides.
///
/// ```swift
/// let lock = PathLock(try AbsolutePath("/srv/shop/prices.json"), timeout: .seconds(2))
/// try await lock.withLock { try update() }
/// ```
public struct PathLock: Sendable {
    /// The path of what is locked.
    public let path: AbsolutePath
    /// How long to wait for another holder; zero tries once.
    public let timeout: Duration

    /// Describes a lock; nothing is opened or made yet.
    public init(_ path: AbsolutePath, timeout: Duration = .seconds(10)) {
        self.path = path
        self.timeout = timeout
    }

    /// Runs `body` while this process holds the lock.
    ///
    /// Waiting blocks no thread. The lock cannot be taken again inside `body`: that waits for itself until the time is over.
    ///
    /// - Throws: ``PathLockError`` before `body` has begun, or what `body` throws.
    public func withLock<Result>(_ body: () async throws -> Result) async throws -> Result {
        let lock = try await acquire()
        defer {
            DocumentLock.clear(lock) { _ in }
            // Closing the file frees the lock as well.
            try? lock.release()
        }
        return try await body()
    }

    /// Returns who holds the lock now; `nil` for nobody.
    ///
    /// Creates nothing.
    ///
    /// - Throws: ``PathLockError`` with `unreadable`.
    public func holder() throws(PathLockError) -> LeaseHolder? {
        do throws(SystemError) {
            let folder = try folder()
            return try FileLock.isHeld(name, in: folder) ? recordedHolder(in: folder) ?? LeaseHolder() : nil
        } catch {
            if error.isNotFound { return nil }
            throw unreadable(error)
        }
    }

    private var name: String { "\(lastComponent(of: path.text)).lock" }
    private func folder() throws(SystemError) -> Folder { try Folder(parentPath(of: path.text) ?? "/") }

    private func acquire() async throws(PathLockError) -> FileLock {
        let folder: Folder
        let lock: FileLock?
        do {
            folder = try self.folder()
            lock = try await FileLock.acquire(name, in: folder, timeout: timeout)
        } catch is CancellationError {
            throw PathLockError(.cancelled, "Stopped while waiting for the lock of \(path).", path)
        } catch {
            let cause = error as? SystemError
            let isForeign = cause?.isNotRegularFile == true
            throw PathLockError(
                isForeign ? .invalid : .cannotCreate,
                isForeign
                    ? "\(path).lock is not a regular file; move it away."
                    : "The lock file \(path).lock cannot be made or opened: \(cause?.reasonAndWayOut() ?? "\(error).")",
                path,
                cause: error)
        }
        guard let lock else {
            let holder = recordedHolder(in: folder) ?? LeaseHolder()
            throw PathLockError(
                .timedOut, "\(path) is locked by \(holder); waited \(timeout.seconds) s.", path, holder: holder)
        }
        let record: [UInt8]
        do throws(SystemError) {
            record = try lock.file.read(limit: DocumentLock.size)
        } catch {
            throw unreadable(error)
        }
        guard Self.isRecord(record) else {
            throw PathLockError(
                .invalid, "\(path).lock is no lock file: it holds something else, which was left as it is.", path)
        }
        // It is for people: a lock whose record cannot be written is held all the same.
        DocumentLock.write(LeaseHolder.thisProcess().record, to: lock) { _ in }
        return lock
    }

    private func unreadable(_ error: SystemError) -> PathLockError {
        PathLockError(
            .unreadable, "The lock file \(path).lock cannot be read: \(error.reasonAndWayOut())", path,
            cause: error)
    }

    private func recordedHolder(in folder: Folder) -> LeaseHolder? {
        guard let record = try? folder.open(name, .read).read(limit: DocumentLock.size) else { return nil }
        return LeaseHolder(record: record)
    }

    /// Whether a lock file holds a record, or what is left of one that a crash or a power cut left torn.
    private static func isRecord(_ bytes: [UInt8]) -> Bool {
        let start = Array("{\"boot_id\":".utf8)
        return bytes.starts(with: start)
            || bytes.allSatisfy { $0 == 0 || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            || start.starts(with: bytes)
    }
}

/// The reason that a ``PathLock`` was not taken.
public struct PathLockError: Error, CustomStringConvertible {
    /// The kind of a failure.
    public struct Code: Hashable, Sendable {
        private enum Kind { case cannotCreate, unreadable, invalid, timedOut, cancelled }
        private let kind: Kind

        /// The lock file cannot be made or opened: no such folder, no permission, a file system that is read-only.
        public static let cannotCreate = Code(kind: .cannotCreate)
        /// The lock file cannot be read.
        public static let unreadable = Code(kind: .unreadable)
        /// What has the name of the lock file is something else, and was left as it is.
        public static let invalid = Code(kind: .invalid)
        /// Another held the lock the whole time; ``PathLockError/holder`` says who.
        public static let timedOut = Code(kind: .timedOut)
        /// The task was cancelled while it waited.
        public static let cancelled = Code(kind: .cancelled)
    }

    public let code: Code
    public let message: String
    /// The path of what was to be locked.
    public let path: AbsolutePath
    /// Who holds the lock, as far as the lock file says; only with ``Code/timedOut``.
    public let holder: LeaseHolder?
    public let cause: (any Error)?

    init(
        _ code: Code, _ message: String, _ path: AbsolutePath, holder: LeaseHolder? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.holder = holder
        self.cause = cause
    }

    public var description: String { message }
}
