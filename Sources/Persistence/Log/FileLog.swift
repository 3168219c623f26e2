import DocumentStore
import EnvironmentDomain
import EnvironmentHost
import OperatingSystem

/// The log of one document in files.
struct FileLog<Document: Codable & Hashable & Sendable>: LogSource {
    let place: DocumentPlace
    private let versionOne: VersionOne<Document>
    /// The working files beside the document; `nil` for a document that has none.
    private let workspace: Workspace?
    private let emergencyRecords: EmergencyRecords?
    private let routineLogLevel: LogLevel

    init(
        path: String, name: String, format: LineFormat<Document>, retention: LogRetention, workspace: Workspace? = nil,
        emergencyRecords: EmergencyRecords?, routineLogLevel: LogLevel,
        isLasting: @escaping @Sendable (LogLine) -> Bool = { _ in true }
    ) {
        versionOne = VersionOne(format: format)
        place = DocumentPlace(
            path: path, name: name, retention: retention, traces: workspace == nil ? [] : Workspace.names,
            earlier: versionOne.earlierVersion, isLasting: isLasting)
        self.workspace = workspace
        self.emergencyRecords = emergencyRecords
        self.routineLogLevel = routineLogLevel
    }

    var location: String { place.logPath }

    var checkpointLocation: String { place.checkpointPath }

    private var log: StoreLog { StoreLog(place, routineLevel: routineLogLevel) }

    func newestLine() async throws(RepositoryError) -> LogLine? {
        try await blocking { () throws(StoreError) in try place.newestLine() }
    }

    func evidence() async throws(RepositoryError) -> Evidence {
        try await blocking { () throws(StoreError) in try place.evidence() }
    }

    func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError) {
        var refusal: RepositoryError?
        try await blocking { () throws(StoreError) in
            guard let folder = try place.folder() else { return }
            do throws(SystemError) {
                try LogFiles(folder).forEachLine { text in
                    do throws(RepositoryError) { return try body(text) } catch { refusal = error }
                    return false
                }
            } catch {
                throw place.readError(error)
            }
        }
        if let refusal { throw refusal }
    }

    func recoverable() async -> [Evidence.Record] {
        await withBlockingThread {
            guard let folder = (try? place.folder()) ?? nil else { return [] }
            var found: [Evidence.Record] = []
            func add(_ path: String, _ serial: Int, _ lineage: String?) {
                found.append(Evidence.Record(path: path, serial: serial, lineage: lineage))
            }
            if let text = (try? place.evidence())?.checkpointText {
                if let line = LogLine(pretty: text) {
                    add(place.checkpointPath, line.serial, line.lineage)
                } else if let stored = try? versionOne.decode(text) {
                    add(place.checkpointPath, stored.serial, stored.lineage?.text)
                }
            }
            for name in (try? LogFiles(folder).names()) ?? [] {
                guard let file = try? folder.open(name, .read), let line = (try? LogTail(file))?.newest else {
                    continue
                }
                add(folder.path(of: name), line.serial, line.lineage)
            }
            if let backup = versionOne.newestBackup(in: folder) {
                add(backup.path, backup.stored.serial, backup.stored.lineage?.text)
            }
            return found
        }
    }

    // MARK: Holding

    func hold(_ holder: LeaseHolder, timeout: Duration) async throws(RepositoryError) -> any HeldLog {
        try await withBlockingThread { () async throws(RepositoryError) in
            let log = log
            try workspace?.checkOwner()
            let folder = try await blocking { () throws(StoreError) in try LogLease.makeFolder(place, log.add) }
            try checkOwn(folder)
            do throws(StoreError) {
                let lease = try await LogLease.acquire(
                    place, in: folder, record: holder.record, timeout: timeout, log: log.add)
                emergencyRecords?.note(in: folder)
                return FileHeldLog(lease, versionOne, workspace)
            } catch {
                throw RepositoryError(error)
            }
        }
    }

    /// Makes sure that a folder which was there before is a document's, and not somebody's of the same name.
    func checkOwn(_ folder: Folder) throws(RepositoryError) {
        guard let workspace, let foreign = (try? Workspace.foreignEntry(in: folder)) ?? nil else { return }
        // A copy of an environment may have come without its lock.
        let names = (try? folder.names()) ?? []
        let other = names.first { !DocumentPlace.isOwn($0) && !Workspace.names.contains($0) }
        guard other == nil, hasTraces else { throw workspace.foreignError(other ?? foreign) }
    }

    func sharedLock(timeout: Duration) async throws(RepositoryError) -> FileLock {
        try await withBlockingThread { () async throws(RepositoryError) in
            do throws(StoreError) {
                let log = log
                let folder = try LogLease.makeFolder(place, log.add)
                return try await DocumentLock.acquire(place, in: folder, isShared: true, timeout: timeout, log.add)
            } catch {
                throw RepositoryError(error)
            }
        }
    }

    // MARK: Holders

    /// The holder of the lock now; empty values where it has not said who it is.
    func holder() async throws(RepositoryError) -> LeaseHolder? {
        try await lock().flatMap { $0.isHeld ? StoreLog.plausibleHolder($0.record) ?? LeaseHolder() : nil }
    }

    /// The holder that ended without releasing the lock.
    func abandoned() async throws(RepositoryError) -> LeaseHolder? {
        try await lock().flatMap { $0.isHeld ? nil : $0.record.flatMap(LeaseHolder.init(record:)) }
    }

    private func lock() async throws(RepositoryError) -> (isHeld: Bool, record: [UInt8]?)? {
        try await blocking { () throws(StoreError) in
            guard let folder = try place.folder() else { return nil }
            do throws(SystemError) {
                let isHeld = try FileLock.isHeld(DocumentPlace.lockName, in: folder)
                return (isHeld, DocumentLock.record(in: folder))
            } catch {
                throw place.readError(error)
            }
        }
    }

    /// Whether a document is there, or something that only one leaves.
    ///
    /// What this user may not read is there: loading it says why.
    var hasTraces: Bool {
        do throws(StoreError) {
            guard let folder = try place.folder() else { return false }
            for name in [DocumentPlace.logName, DocumentPlace.checkpointName]
            where (try? folder.identity(of: name)) != .some(nil) { return true }
            if case .nothing = Standing(try place.evidence()) { return false }
            return true
        } catch {
            return true
        }
    }
}

/// The right to append to a log in files.
private final class FileHeldLog<Document: Codable & Hashable & Sendable>: HeldLog {
    private let lease: LogLease
    private let versionOne: VersionOne<Document>
    /// The working files beside the document; `nil` for a document that has none.
    private let workspace: Workspace?

    init(_ lease: LogLease, _ versionOne: VersionOne<Document>, _ workspace: Workspace?) {
        self.lease = lease
        self.versionOne = versionOne
        self.workspace = workspace
    }

    var evidence: Evidence { get async { lease.evidence } }

    func append(
        _ object: [UInt8], lineage: Lineage, atLeast serial: Int
    ) async throws(RepositoryError) -> LogLine {
        try await blocking { () throws(StoreError) in
            try lease.append(object, lineage: lineage.text, atLeast: serial)
        }
    }

    func begin(with line: LogLine, older: [[UInt8]]) async throws(RepositoryError) {
        try await blocking { () throws(StoreError) in try lease.begin(with: line, older: older) }
    }

    func upgrade() async throws(RepositoryError) {
        let place = lease.place
        try await blocking { () throws(StoreError) in
            let upgraded: (newest: LogLine, older: [[UInt8]], backups: [Int])
            do {
                upgraded = try versionOne.upgraded(lease.evidence.earlier?.text ?? [], in: lease.folder)
            } catch {
                throw StoreError(
                    .cannotRead, "\(place.checkpointPath) cannot be upgraded: \(error). Nothing was changed.",
                    path: place.checkpointPath, cause: (error as? Damage)?.cause ?? error)
            }
            try lease.begin(with: upgraded.newest, older: upgraded.older)
            do {
                try versionOne.removeBackups(upgraded.backups, in: lease.folder)
            } catch {
                EnvironmentLog.log(
                    .warning, "backups that are in the log now could not be removed",
                    ["path": place.path, "reason": "\(error)"])
            }
        }
    }

    func refreshCheckpoint() async throws(RepositoryError) {
        noteAside(try await blocking { () throws(StoreError) in try lease.refreshCheckpoint().map { [$0] } ?? [] })
    }

    func setAside() async throws(RepositoryError) {
        noteAside(try await blocking { () throws(StoreError) in try lease.setAside() })
    }

    private func noteAside(_ paths: [String]) {
        for path in paths {
            EnvironmentLog.log(.warning, "a damaged file is kept under another name", ["path": path])
        }
    }

    func note(_ holder: LeaseHolder) async { await withBlockingThread { lease.note(holder.record) } }

    func remove(keepingFiles: Bool) async throws(RepositoryError) {
        try await withBlockingThread { () async throws(RepositoryError) in
            guard !keepingFiles, let workspace else {
                return try await blocking { () throws(StoreError) in try lease.removeAll([]) }
            }
            try await workspace.withBusyLock(of: lease.place.name, in: lease.folder) {
                () async throws(RepositoryError) in
                try await blocking { () throws(StoreError) in try lease.removeAll(Workspace.names) }
            }
        }
    }

    func release() async { await withBlockingThread { lease.release() } }
}
