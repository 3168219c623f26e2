import DocumentStore
import EnvironmentDomain
import OperatingSystem

/// The log of one document in files.
struct FileLog<Document: Codable & Hashable & Sendable>: LogSource {
    let place: DocumentPlace
    private let versionOne: VersionOne<Document>
    /// The working files beside the document; `nil` for a document that has none.
    private let workspace: Workspace?
    private let emergencyFolder: EmergencyFolder

    init(
        path: String, name: String, format: LineFormat<Document>, retention: LogRetention, workspace: Workspace? = nil,
        emergencyFolder: EmergencyFolder, isLasting: @escaping @Sendable (LogLine) -> Bool = { _ in true }
    ) {
        versionOne = VersionOne(format: format)
        place = DocumentPlace(
            path: path, name: name, retention: retention, traces: workspace == nil ? [] : Workspace.names,
            earlier: versionOne.earlierVersion, isLasting: isLasting)
        self.workspace = workspace
        self.emergencyFolder = emergencyFolder
    }

    var location: String { place.logPath }

    func newestLine() async throws(RepositoryError) -> LogLine? {
        try await reading { () throws(StoreError) in try place.newestLine() }
    }

    func evidence() async throws(RepositoryError) -> Evidence {
        try await reading { () throws(StoreError) in try place.evidence() }
    }

    func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError) {
        let refusal: RepositoryError? = try await reading { () throws(StoreError) in
            guard let folder = try place.folder() else { return nil }
            var refusal: RepositoryError?
            do {
                try LogReader(folder).forEachLine { line in
                    do throws(RepositoryError) {
                        return try body(LogText(place: line.file, number: line.number, bytes: Array(line.bytes)))
                    } catch {
                        refusal = error
                        return false
                    }
                }
            } catch let error as SystemError {
                throw place.readError(error)
            } catch {
                preconditionFailure("nothing else is thrown: \(error)")
            }
            return refusal
        }
        if let refusal { throw refusal }
    }

    func checkpointText() async throws(RepositoryError) -> [UInt8]? {
        try await reading { () throws(StoreError) in
            guard let folder = try place.folder() else { return nil }
            do throws(SystemError) {
                guard try folder.identity(of: DocumentPlace.checkpointName)?.kind == .regular else { return nil }
                return try folder.open(DocumentPlace.checkpointName, .read).read(limit: LogTail.sizeLimit)
            } catch {
                throw place.readError(error)
            }
        }
    }

    func recoverable() async -> Recoverable? {
        await withBlockingThread {
            guard let folder = (try? place.folder()) ?? nil else { return nil }
            var found: [Recoverable] = []
            if let bytes = try? folder.open(DocumentPlace.checkpointName, .read).read(limit: LogTail.sizeLimit) {
                let serial = LogLine(pretty: bytes)?.serial ?? (try? versionOne.decode(bytes))?.serial
                if let serial { found.append(Recoverable(path: place.checkpointPath, serial: serial)) }
            }
            for name in (try? LogReader(folder).names()) ?? [] {
                guard let file = try? folder.open(name, .read), let line = (try? LogTail(file))?.newest else {
                    continue
                }
                found.append(Recoverable(path: folder.path(of: name), serial: line.serial))
            }
            if let backup = versionOne.newestBackup(in: folder) {
                found.append(Recoverable(path: backup.path, serial: backup.stored.serial))
            }
            return found.max { $0.serial < $1.serial }
        }
    }

    // MARK: Holding

    func hold(_ holder: LeaseHolder, timeout: Duration) async throws(RepositoryError) -> any HeldLog {
        let log = StoreLog(handler: EnvironmentLog.current, place: place, timeout: timeout)
        try workspace?.checkOwner()
        return try await withBlockingThread { () async throws(RepositoryError) in
            let folder = try await log.reporting { () throws(StoreError) in
                try LogLease.makeFolder(place) { log.add($0) }
            }
            try checkOwn(folder)
            return try await log.reporting { () async throws(StoreError) in
                let lease = try await LogLease.acquire(
                    place, in: folder, record: LockRecord.bytes(holder), timeout: timeout, log: { log.add($0) })
                try upgrade(lease, log)
                emergencyFolder.note(in: folder)
                return FileHeldLog(lease, isEnvironment: workspace != nil)
            }
        }
    }

    /// Makes sure that a folder which was there before is a document's, and not somebody's of the same name.
    private func checkOwn(_ folder: Folder) throws(RepositoryError) {
        guard let workspace, let foreign = (try? Workspace.foreignEntry(in: folder)) ?? nil else { return }
        // A copy of an environment may have come without its lock.
        let names = (try? folder.names()) ?? []
        let other = names.first { !DocumentPlace.isOwn($0) && !Workspace.names.contains($0) }
        guard other == nil, hasTraces else { throw workspace.foreignError(other ?? foreign) }
    }

    /// Makes a folder of version 1 one of this version; its history and backups become the older lines of the log.
    private func upgrade(_ lease: LogLease, _ log: StoreLog) throws(StoreError) {
        guard case .earlier(_, doubt: nil) = Standing(lease.evidence) else { return }
        let upgraded: (newest: LogLine, older: [[UInt8]], backups: [Int])
        do {
            upgraded = try versionOne.upgraded(in: lease.folder)
        } catch {
            throw StoreError(
                .cannotRead, "\(place.checkpointPath) cannot be upgraded: \(error). Nothing was changed.",
                path: place.checkpointPath, cause: error as? SystemError)
        }
        try lease.begin(with: upgraded.newest, older: upgraded.older)
        do {
            try versionOne.removeBackups(upgraded.backups, in: lease.folder)
        } catch {
            log.add(.failed("backups that are in the log now could not be removed", path: place.path, error))
        }
    }

    func sharedLock(timeout: Duration) async throws(RepositoryError) -> FileLock {
        let log = StoreLog(handler: EnvironmentLog.current, place: place, timeout: timeout)
        return try await withBlockingThread { () async throws(RepositoryError) in
            try await log.reporting { () async throws(StoreError) in
                let folder = try LogLease.makeFolder(place) { log.add($0) }
                return try await DocumentLock.acquire(place, in: folder, isShared: true, timeout: timeout) {
                    log.add($0)
                }
            }
        }
    }

    // MARK: Holders

    /// The holder of the lock now; empty values where it has not said who it is.
    func holder() async throws(RepositoryError) -> LeaseHolder? {
        try await reading { () throws(StoreError) -> LeaseHolder? in
            guard let folder = try place.folder() else { return nil }
            do throws(SystemError) {
                guard try FileLock.isHeld(DocumentPlace.lockName, in: folder) else { return nil }
            } catch {
                throw place.readError(error)
            }
            return StoreLog.plausibleHolder(DocumentLock.record(in: folder)) ?? LeaseHolder()
        }
    }

    /// The holder that ended without releasing the lock.
    func abandoned() async throws(RepositoryError) -> LeaseHolder? {
        guard try await holder() == nil else { return nil }
        return try await reading { () throws(StoreError) -> LeaseHolder? in
            try place.folder().flatMap { DocumentLock.record(in: $0) }.flatMap(LockRecord.read)
        }
    }

    private func reading<Result>(
        _ body: () throws(StoreError) -> Result
    ) async throws(RepositoryError) -> Result {
        do {
            return try await withBlockingThread { () async throws(StoreError) in try body() }
        } catch {
            throw RepositoryError(error)
        }
    }
}

/// The right to append to a log in files.
private final class FileHeldLog: HeldLog {
    private let lease: LogLease
    /// Whether processes and working files of an environment may be in the folder.
    private let isEnvironment: Bool

    init(_ lease: LogLease, isEnvironment: Bool) {
        self.lease = lease
        self.isEnvironment = isEnvironment
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
        try await blocking { () throws(StoreError) in
            try lease.begin(with: line, older: older)
        }
    }

    func refreshCheckpoint() async throws(RepositoryError) {
        let path = try await blocking { () throws(StoreError) in try lease.refreshCheckpoint() }
        if let path { noteAside([path]) }
    }

    func note(_ holder: LeaseHolder) async {
        await withBlockingThread { lease.note(LockRecord.bytes(holder)) }
    }

    func remove(keepingFiles: Bool) async throws(RepositoryError) {
        try await blocking { () throws(StoreError) in
            guard isEnvironment, !keepingFiles else { return try lease.removeAll([]) }
            guard let busy = try busyLock() else {
                throw StoreError(
                    .busy,
                    "A process that was started for \(lease.place.name) still works, so nothing was removed. Wait until it "
                        + "ends, or stop it.", path: lease.folder.path(of: Workspace.busyLockName))
            }
            try lease.removeAll(Workspace.names)
            _ = busy
        }
    }

    private func busyLock() throws(StoreError) -> FileLock? {
        do {
            return try FileLock.attempt(Workspace.busyLockName, in: lease.folder)
        } catch {
            throw lease.place.readError(error)
        }
    }

    func release() async { await withBlockingThread { lease.release() } }

    func setAside() async throws(RepositoryError) {
        noteAside(try await blocking { () throws(StoreError) in try lease.setAside() })
    }

    private func noteAside(_ paths: [String]) {
        for path in paths {
            EnvironmentLog.log(.warning, "a damaged file is kept under another name", ["path": path])
        }
    }

    private func blocking<Result>(
        _ body: () throws(StoreError) -> Result
    ) async throws(RepositoryError) -> Result {
        do {
            return try await withBlockingThread { () async throws(StoreError) in try body() }
        } catch {
            throw RepositoryError(error)
        }
    }
}

extension FileLog {
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
