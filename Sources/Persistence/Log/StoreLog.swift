import DocumentStore
import EnvironmentDomain
import OperatingSystem
import Synchronization

/// What a store below the domain tells, as records of the log.
struct StoreLog: Sendable {
    private let handler: EnvironmentLog.Handler
    private let place: DocumentPlace
    /// The level of what happens in order.
    private let routineLevel: LogLevel

    init(_ place: DocumentPlace, routineLevel: LogLevel) {
        handler = EnvironmentLog.current
        self.place = place
        self.routineLevel = routineLevel
    }

    /// The file systems that were warned of in this process.
    private static let known = Mutex<Set<UInt64>>([])

    func add(_ event: StoreEvent) {
        switch event {
        case .waiting(let record):
            add(.info, "waiting for a lock", ["path": place.lockPath, "holder": Self.description(record)])
        case .timedOut(let record, let waited):
            add(
                .error, "timed out waiting for a lock",
                [
                    "path": place.lockPath, "holder": Self.description(record),
                    "timeout_seconds": "\(waited.seconds)",
                ])
        case .lockAcquired:
            add(routineLevel, "lock acquired", ["path": place.lockPath, "pid": "\(ThisProcess.identifier)"])
        case .lockTakenOver(let record):
            add(
                .warning, "lock taken over: its holder ended without releasing it",
                ["path": place.lockPath, "holder": (LeaseHolder(record: record) ?? LeaseHolder()).description])
        case .lockReleased(let held):
            add(routineLevel, "lock released", ["path": place.lockPath, "held_seconds": "\(held.seconds)"])
        case .onNetworkFileSystem(let name, let device):
            // Once for each in a process. There the lock is the server's, and a client that was cut off can lose it without a
            // word; that every save compares the log's end with what was written last keeps a late writer from overwriting.
            guard Self.known.withLock({ $0.insert(device).inserted }) else { return }
            add(
                .warning,
                "the folder is on a network or user-space file system, where locks are not as sure as on a local disk",
                ["path": place.path, "file_system": name])
        case .modeTightened(let path):
            add(.warning, "open to others: only the owner may read it now", ["path": path])
        case .tornLineBlanked:
            add(
                .warning, "the log ended in a line that was cut off; it was never acknowledged", ["path": place.logPath]
            )
        case .logRewritten(let serial):
            add(.info, "the log was written into a new file", ["path": place.logPath, "serial": "\(serial)"])
        case .logRotated(let serial):
            add(.info, "the log begins a new file", ["path": place.logPath, "serial": "\(serial)"])
        case .checkpointWritten(let serial):
            add(routineLevel, "checkpoint written", ["path": place.checkpointPath, "serial": "\(serial)"])
        case .saved(let serial):
            add(routineLevel, "state saved", ["path": place.logPath, "serial": "\(serial)"])
        case .failed(let message, let path, let error):
            if let error {
                add(.warning, message, ["path": path, "reason": error.description])
            } else {
                add(.warning, message, ["path": path])
            }
        }
    }

    private func add(_ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, String>) {
        handler(LogRecord(level: level, message: message, fields: fields))
    }

    /// The record of a lock, unless it is of a process that is gone: then a new holder has not written its own yet.
    static func plausibleHolder(_ record: [UInt8]?) -> LeaseHolder? {
        guard let holder = record.flatMap(LeaseHolder.init(record:)), !holder.isKnownToBeGone else { return nil }
        return holder
    }

    private static func description(_ record: [UInt8]?) -> String {
        (plausibleHolder(record) ?? LeaseHolder()).description
    }
}

/// Runs what blocks, on a thread that may, with the errors of a repository.
func blocking<Result>(
    _ body: () throws(StoreError) -> Result
) async throws(RepositoryError) -> Result {
    // Not the function itself: what is made asynchronous on the way would leave the thread again.
    try await withBlockingThread { () async throws(RepositoryError) in
        do throws(StoreError) { return try body() } catch { throw RepositoryError(error) }
    }
}

extension RepositoryError {
    init(_ error: StoreError) {
        var cause = error.cause
        var message = error.message
        var holder: LeaseHolder?
        let code: Code
        switch error.code {
        case .cannotOpenFolder: code = .directoryCreationFailed
        case .cannotRead: code = .readStateFailed
        case .lockUnusable: code = .lockUnusable
        case .locked(let record, let waited):
            code = .lockAcquisitionFailed
            let other = StoreLog.plausibleHolder(record) ?? LeaseHolder()
            holder = other
            message =
                "Failed to acquire lock for state file: \(error.path), held by \(other) (waited \(waited.seconds) s). "
                + "Wait until it ends, or stop it if it hangs; the lock frees itself when the process ends."
        case .cancelled: code = .cancelled
        case .lockLost: code = .lockLost
        case .conflict: code = .conflict
        case .notWritable: code = .notWritable
        case .insufficientSpace(let available, let needed):
            code = .insufficientSpace
            cause = InsufficientSpace(available: available, needed: needed)
        case .cannotWrite: code = .writeStateFailed
        case .durabilityUnknown: code = .durabilityUnknown
        case .cannotRemove: code = .deleteStateFailed
        }
        self.init(code, message, path: error.path, holder: holder, cause: cause)
    }
}
