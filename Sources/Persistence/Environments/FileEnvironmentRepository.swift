public import EnvironmentDomain
import OperatingSystem

/// Keeps each environment in a folder of its own, `<data folder>/<name>/`, for one host with several processes.
///
/// Different environments never wait for each other. All files are readable by their owner only, whatever the umask.
public struct FileEnvironmentRepository: EnvironmentArchive {
    /// The absolute path of the folder that holds the environments' folders.
    public let dataFolder: AbsolutePath
    public let lockTimeout: Duration
    /// The saves of all environments so far, by this value and its copies.
    public let metrics: WriteMetrics
    private let backupsKept: Int
    private let historyRotation: LogRotation
    private let emergencyFolder: EmergencyFolder

    /// Describes a repository; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - dataFolder: the folder for the environments' folders; made with mode 0700 when the first is saved. A
    ///     relative path starts at the current folder.
    ///   - lockTimeout: how long to wait for another command on the same environment; zero tries once.
    ///   - backupsKept: how many earlier states of an environment are kept; at least one.
    ///   - historyRotation: when an environment's history begins a new file, and how many of the older ones are kept.
    ///   - emergencyFolder: where a state goes that cannot be saved; nil for the user's state folder.
    /// - Throws: `InvalidValue` when the path cannot be one.
    public init(
        dataFolder: String, lockTimeout: Duration = .seconds(10), backupsKept: Int = 5,
        historyRotation: LogRotation = LogRotation(), emergencyFolder: String? = nil
    ) throws(InvalidValue) {
        if let emergencyFolder { _ = try AbsolutePath(resolving: emergencyFolder) }
        self.init(
            dataFolder: try AbsolutePath(resolving: dataFolder), lockTimeout: lockTimeout, backupsKept: backupsKept,
            historyRotation: historyRotation, emergencyFolder: EmergencyFolder(emergencyFolder),
            metrics: WriteMetrics()
        )
    }

    private init(
        dataFolder: AbsolutePath, lockTimeout: Duration, backupsKept: Int, historyRotation: LogRotation,
        emergencyFolder: EmergencyFolder, metrics: WriteMetrics
    ) {
        self.dataFolder = dataFolder
        self.lockTimeout = lockTimeout
        self.backupsKept = backupsKept
        self.historyRotation = historyRotation
        self.metrics = metrics
        self.emergencyFolder = emergencyFolder
    }

    /// The same repository with another lock timeout.
    public func withLockTimeout(_ timeout: Duration) -> FileEnvironmentRepository {
        FileEnvironmentRepository(
            dataFolder: dataFolder, lockTimeout: timeout, backupsKept: backupsKept, historyRotation: historyRotation,
            emergencyFolder: emergencyFolder, metrics: metrics)
    }

    func store(_ name: EnvironmentName) -> JSONDocumentStore<AnyEnvironmentState> {
        JSONDocumentStore(
            folder: workspace(for: name).root, name: name.text, documentKey: "environment", lockTimeout: lockTimeout,
            backupsKept: backupsKept, historyRotation: historyRotation, emergencyFolder: emergencyFolder,
            metrics: metrics)
    }

    public func workspace(for name: EnvironmentName) -> Workspace {
        Workspace(root: dataFolder.appending(name))
    }

    public func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        FileEnvironmentLease(name: name, lease: try await documentLease(name, for: command, run: run))
    }

    /// Takes the lease of an environment's document, in a folder that is no other's.
    func documentLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun = CommandRun()
    ) async throws(RepositoryError) -> DocumentLease<AnyEnvironmentState> {
        let store = store(name)
        let workspace = workspace(for: name)
        try workspace.checkOwner()
        return try await store.acquireLease(for: command, run: run) { folder throws(RepositoryError) in
            guard let foreign = (try? Workspace.foreignEntry(in: folder)) ?? nil else { return }
            // A copy of an environment may have come without its lock.
            let names = (try? folder.names()) ?? []
            let other = names.first {
                !JSONDocumentStore<AnyEnvironmentState>.isOwn($0) && !Workspace.names.contains($0)
            }
            guard other == nil, store.holdsDocument(in: folder) else { throw workspace.foreignError(other ?? foreign) }
        }
    }

    public func load(_ name: EnvironmentName) throws(RepositoryError) -> StoredEnvironment? {
        let store = store(name)
        return try store.load().map { stored throws(RepositoryError) in try stored.belonging(to: name, in: store) }
    }

    public func exists(_ name: EnvironmentName) throws(RepositoryError) -> Bool {
        try store(name).exists()
    }

    public func holder(of name: EnvironmentName) throws(RepositoryError) -> LeaseHolder? {
        try store(name).holder()
    }

    /// The holder that ended without releasing the environment; nil when there is none.
    ///
    /// The next lease looks after what it left.
    public func abandoned(_ name: EnvironmentName) throws(RepositoryError) -> LeaseHolder? {
        try store(name).abandoned()
    }

    /// The path of an emergency record that is newer than what is stored; nil when there is none.
    public func emergencyRecord(of name: EnvironmentName) throws(RepositoryError) -> String? {
        try store(name).emergencyRecord()
    }

    public func delete(_ name: EnvironmentName) async throws {
        // Also when the state is gone already: an earlier removal may have been killed half-way.
        do {
            let names = try Folder(workspace(for: name).root.text).names()
            let own = [
                JSONDocumentStore<AnyEnvironmentState>.fileName, JSONDocumentStore<AnyEnvironmentState>.lockName,
            ]
            guard names.contains(where: own.contains) else { return }
        } catch {
            // What else is wrong with the folder, taking the lease says in full.
            if error.isNotFound { return }
        }
        try await withLease(name, for: .purge) { lease in try await lease.delete() }
    }

    /// Whether the data folder is there, or something is in its place; false when nothing was ever saved.
    public var hasDataFolder: Bool {
        do {
            _ = try Folder(dataFolder.text)
            return true
        } catch {
            // What else is wrong with it, reading it says in full.
            return !error.isNotFound
        }
    }

    public func names() throws(RepositoryError) -> [EnvironmentName] {
        do {
            let folder = try Folder(dataFolder.text)
            return try folder.names().compactMap { entry in
                guard let name = try? EnvironmentName(entry), try folder.status(of: entry)?.kind != .regular,
                    // What this user may not look into is there, and loading it says why it cannot be read.
                    (try? store(name).hasTraces()) != false
                else { return nil }
                return name
            }
        } catch let error as RepositoryError {
            throw error
        } catch let error as SystemError where error.isNotFound {
            return []
        } catch {
            let reason = (error as? SystemError)?.reasonAndWayOut() ?? "\(error)."
            throw RepositoryError(
                .readStateFailed, "The data folder \(dataFolder) cannot be read: \(reason)", path: dataFolder.text,
                cause: error)
        }
    }

    /// Brings in an emergency record, or a backup when what is stored is damaged, as a normal save with the next serial.
    ///
    /// - Throws: `RepositoryError`; nothing is changed when the record is of another lineage or name, or not newer
    ///   than what is stored.
    @discardableResult
    public func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
        let record = try EmergencyRecords.read(path, of: name)
        return try await save(name, for: .recover, record.document.state, reason: nil) {
            lease, event throws(RepositoryError) in
            try await lease.recover(record, from: path, event: event)
        }
    }

    /// What the history tells, and what contradicts it; nil when nothing was ever saved.
    ///
    /// Takes no lock.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`.
    public func history(of name: EnvironmentName) throws(RepositoryError) -> DocumentHistory? {
        try store(name).history()
    }

    /// The environment as the save with that serial left it; nil when no good backup holds it any more.
    public func state(of name: EnvironmentName, at serial: Int) throws(RepositoryError) -> StoredEnvironment? {
        let store = store(name)
        return try store.state(at: serial).map { stored throws(RepositoryError) in
            try stored.belonging(to: name, in: store)
        }
    }

    /// Puts an earlier state back, as a normal save with the next serial whose history line says why.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when no good backup has that serial; nothing is changed.
    @discardableResult
    public func restore(
        _ name: EnvironmentName, to serial: Int, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment {
        guard let earlier = try state(of: name, at: serial) else {
            throw RepositoryError(
                .recordRefused,
                "No good backup of \(name) has the serial \(serial) any more; nothing was changed.",
                path: workspace(for: name).root.text)
        }
        return try await save(name, for: .restore, earlier.document.state, reason: reason) {
            lease, event throws(RepositoryError) in
            try await lease.restore(serial, event: event)
        }
    }

    /// Runs `body` under a lease, with the event of a save that leaves the environment in `state`.
    func save(
        _ name: EnvironmentName, for command: CommandName, _ state: LifecycleState, reason: String?,
        _ body: (DocumentLease<AnyEnvironmentState>, HistoryEvent) async throws(RepositoryError) -> StoredEnvironment
    ) async throws(RepositoryError) -> StoredEnvironment {
        let run = CommandRun()
        let lease = try await documentLease(name, for: command, run: run)
        do throws(RepositoryError) {
            let before = try? await lease.stored?.document
            if let freeze = before?.context.freeze, freeze.holds() {
                throw RepositoryError(
                    .frozen, "\(command) of \(name) was refused: it is \(freeze). Nothing was changed.",
                    path: workspace(for: name).root.text)
            }
            let saved = try await body(
                lease,
                HistoryEvent(
                    command: command, commandID: run.id, change: .transition(from: before?.state ?? state, to: state),
                    reason: reason))
            await lease.release()
            return saved
        } catch {
            await lease.release()
            throw error
        }
    }
}

/// The lease of one environment's document.
private final class FileEnvironmentLease: EnvironmentLease {
    let name: EnvironmentName
    private let lease: DocumentLease<AnyEnvironmentState>

    init(name: EnvironmentName, lease: DocumentLease<AnyEnvironmentState>) {
        self.name = name
        self.lease = lease
    }

    var stored: StoredEnvironment? {
        get async throws(RepositoryError) {
            guard let stored = try await lease.stored else { return nil }
            return try stored.belonging(to: name, in: lease.store)
        }
    }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        guard environment.name == name else {
            throw RepositoryError(
                .wrongEnvironment,
                "The lease is for \(name), and the environment to save is \(environment.name); nothing was saved.")
        }
        return try await lease.save(environment, event: event, of: name)
    }

    func keepEmergencyRecord() async throws(RepositoryError) -> String? { try await lease.keepEmergencyRecord() }
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        await lease.note(command, run, step: step)
    }
    func delete() async throws(RepositoryError) { try await lease.delete(workingFiles: Workspace.names) }
    func release() async { await lease.release() }
}

extension DocumentLease<AnyEnvironmentState> {
    /// Saves unless what is stored is another environment's: one visit to the lease, since each costs two changes of
    /// thread.
    fileprivate func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent, of name: EnvironmentName
    ) throws(RepositoryError) -> StoredEnvironment {
        _ = try current.get()?.belonging(to: name, in: store)
        return try save(environment, event: event)
    }
}

extension StoredEnvironment {
    /// The environment itself when it is the one of that name: a folder may have been renamed or copied.
    fileprivate func belonging(
        to name: EnvironmentName, in store: JSONDocumentStore<AnyEnvironmentState>
    ) throws(RepositoryError) -> StoredEnvironment {
        guard document.name == name else {
            throw RepositoryError(
                .wrongEnvironment,
                "\(store.path) holds the environment \(document.name) and not \(name): its folder was renamed or copied. "
                    + "Nothing was changed. Give the folder its name back.", path: store.path)
        }
        return self
    }
}
