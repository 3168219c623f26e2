public import DocumentStore
public import EnvironmentDomain
import OperatingSystem

/// Keeps one versioned JSON document in a folder: whole after any crash, changed by one process at a time, with every
/// save in a log.
///
/// The layout of the folder:
///
///     history.jsonl       the log: one line a save, each with the whole document
///     history.jsonl.1 …   older lines
///     state.json          a copy of the newest line for people and other programs
///     state.json.lock     the lock; never removed
public struct JSONDocumentStore<Document: Codable & Hashable & Sendable>: Sendable {
    /// The folder's absolute path.
    public let folder: AbsolutePath
    /// The name by which messages call the document.
    public let name: String
    /// How long to wait for the lock.
    public let lockTimeout: Duration
    /// How much of the document's past is kept.
    public let retention: LogRetention
    /// The level at which the log tells what happens in order.
    public let routineLogLevel: LogLevel
    /// The document assumed before the first save; `nil` for none.
    public let initial: Document?
    /// What a lease does with a document that is damaged.
    public let damagePolicy: DamagePolicy
    /// The saves so far of this value and its copies.
    public let metrics: WriteMetrics

    private let files: FileLog<Document>
    private let logged: LoggedDocument<Document>

    /// Describes a store; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: the folder that holds the document and nothing else of that kind.
    ///   - name: the name by which messages call the document, and the first part of an emergency record's name.
    ///   - documentKey: the member of the stored JSON object that holds the document; not one of the store's own.
    ///   - initial: the document assumed before the first save; nothing is written for it.
    ///   - damagePolicy: what a lease does with a document that is damaged.
    ///   - lockTimeout: how long to wait for another process that holds the lock; zero tries once.
    ///   - retention: how much of the document's past is kept.
    ///   - emergencyFolder: where a document goes that cannot be saved; `nil` for the user's state folder
    ///     (`$XDG_STATE_HOME/typed-environments/emergency`, else under `~/.local/state`, else the temporary folder).
    ///   - routineLogLevel: the level at which the log tells what happens in order: a lock taken and released, a save, a
    ///     checkpoint.
    public init(
        folder: AbsolutePath, name: String, documentKey: String = "document", initial: Document? = nil,
        damagePolicy: DamagePolicy = .fail, lockTimeout: Duration = .seconds(10),
        retention: LogRetention = LogRetention(), emergencyFolder: String? = nil,
        routineLogLevel: LogLevel = .debug
    ) {
        self.folder = folder
        self.name = name
        self.lockTimeout = lockTimeout
        self.retention = retention
        self.routineLogLevel = routineLogLevel
        self.initial = initial
        self.damagePolicy = damagePolicy
        metrics = WriteMetrics()
        let format = LineFormat<Document>(documentKey: documentKey)
        let records = EmergencyRecords(folder: emergencyFolder)
        files = FileLog(
            path: folder.text, name: name, format: format, retention: retention, emergencyRecords: records,
            routineLogLevel: routineLogLevel)
        logged = LoggedDocument(
            name: name, source: files, format: format, emergencyRecords: records, metrics: metrics,
            lockTimeout: lockTimeout, folder: folder.text)
    }

    // MARK: Reading

    /// Reads the document; ``initial`` when it was never saved.
    ///
    /// Takes no lock, creates nothing, and sees every save that has returned. Instead of a damaged document it gives what
    /// the next lease will put in its place.
    ///
    /// - Throws: `RepositoryError` when what is stored cannot be known; the message names the newest state that can be
    ///   recovered.
    public func load() async throws(RepositoryError) -> StoredDocument<Document>? {
        guard damagePolicy != .fail else { return try await logged.load() ?? beginning }
        let standing = try await logged.standing()
        guard let damage = await damage(standing) else { return try await logged.stored(standing) ?? beginning }
        guard damagePolicy == .restoreBackup else { return beginning }
        if case .stored = standing { return try await logged.stored(standing) }
        guard let path = damage.backup else { throw damage }
        EnvironmentLog.log(.error, "an earlier state replaces a damaged document", ["path": path])
        return try await logged.record(path)
    }

    /// What is wrong with a document that is damaged, and not only out of reach or of a newer program.
    private func damage(_ standing: Standing) async -> RepositoryError? {
        guard let error = await logged.error(for: standing), error.isDamage else { return nil }
        EnvironmentLog.log(.error, "damaged document", ["path": error.path ?? "", "reason": error.message])
        return error
    }

    private var beginning: StoredDocument<Document>? {
        initial.map { StoredDocument(document: $0, lineage: nil, serial: 0, savedAt: nil, line: nil) }
    }

    /// Whether a document is stored; does not ask whether it can be read.
    public func exists() async throws(RepositoryError) -> Bool {
        if case .nothing = try await logged.standing() { false } else { true }
    }

    /// The process that holds the lock now; `nil` when none does.
    ///
    /// Empty values where the holder has not said who it is.
    public func holder() async throws(RepositoryError) -> LeaseHolder? { try await files.holder() }

    /// The holder that ended without releasing the lock; `nil` when there is none.
    ///
    /// The next lease cleans up what it left.
    public func abandoned() async throws(RepositoryError) -> LeaseHolder? { try await files.abandoned() }

    /// Every save that is kept, and what contradicts the log; `nil` when there are none.
    ///
    /// Takes no lock.
    public func history() async throws(RepositoryError) -> DocumentHistory? { try await logged.history() }

    /// The document as the save with that serial left it; `nil` when it is not kept any more.
    public func state(at serial: Int) async throws(RepositoryError) -> StoredDocument<Document>? {
        try await logged.state(at: serial)
    }

    // MARK: Changing

    /// Waits for the lock and cleans up what an earlier holder left behind.
    ///
    /// - Throws: `RepositoryError` with `lockAcquisitionFailed` and the holder after the timeout, `lockUnusable`,
    ///   `directoryCreationFailed`, or `cancelled`.
    public func acquireLease(
        for command: CommandName = .save, run: CommandRun = CommandRun()
    ) async throws(RepositoryError) -> DocumentLease<Document> {
        let lease = try await logged.acquire(.thisProcess(command: command, run: run), run: run)
        if damagePolicy != .fail { await repair(lease) }
        return lease
    }

    /// Does with a damaged document what the store's policy says.
    private func repair(_ lease: DocumentLease<Document>) async {
        let standing = await lease.standing
        guard let damage = await damage(standing) else { return }
        do throws(RepositoryError) {
            if damagePolicy == .setAside {
                try await lease.log.setAside()
            } else if case .stored = standing {
                try await lease.log.refreshCheckpoint()
                EnvironmentLog.log(.error, "a damaged checkpoint was written again", ["path": folder.text])
            } else if let path = damage.backup {
                try await lease.recover(
                    logged.record(path), from: path,
                    event: HistoryEvent(
                        command: .restore, commandID: lease.run.id, change: .saved, reason: damage.message))
                EnvironmentLog.log(.error, "a damaged document was replaced by an earlier state", ["path": path])
            } else {
                EnvironmentLog.log(
                    .error, "there is no earlier state of a damaged document", ["path": files.location])
            }
        } catch {
            EnvironmentLog.log(
                .error, "a damaged document could not be replaced", ["path": files.location, "reason": "\(error)"])
        }
    }

    /// Runs `body` with the right to change the document, and releases it however `body` ends.
    public func withLease<Result>(
        for command: CommandName = .save, _ body: (DocumentLease<Document>) async throws -> Result
    ) async throws -> Result {
        // Once for all that is done under the lease: a save then changes no thread.
        try await withBlockingThread {
            try await acquireLease(for: command).releasing(after: body)
        }
    }

    /// Runs `body` with the document while no process can change it; any number of processes read at once, and a process
    /// that wants to save waits for them.
    ///
    /// ``load()`` needs no lock; this is for several reads that must agree.
    public func withSharedAccess<Result>(
        _ body: (StoredDocument<Document>?) async throws -> Result
    ) async throws -> Result {
        let lock = try await files.sharedLock(timeout: lockTimeout)
        defer {
            // Closing the file frees the lock as well, unless a child between fork and exec has a copy.
            try? lock.release()
        }
        return try await body(load())
    }

    /// Lets `change` work on what is stored and saves the result, all under one lease: any number of changes become one
    /// durable save, or none when it throws.
    ///
    /// Nothing is saved when it leaves the stored document as it was, or `nil`.
    public func update<Result>(
        reason: String? = nil, _ change: (inout Document?) async throws -> Result
    ) async throws -> Result {
        try await withLease { lease in
            let before = try await lease.stored
            var document = before?.document ?? initial
            let result = try await change(&document)
            if let document, document != before?.document { try await lease.save(document, reason: reason) }
            return result
        }
    }
}
