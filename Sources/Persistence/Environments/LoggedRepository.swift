import DocumentStore
public import EnvironmentDomain
import OperatingSystem

/// A repository that keeps each environment as a log.
///
/// It says where the log of a name is; everything else, from the first save to time travel and recovery, is written once
/// here. Files, memory and databases have the same rules for that reason.
public protocol LoggedRepository: EnvironmentArchive {
    /// Where the log of an environment is.
    func source(of name: EnvironmentName) -> any LogSource

    /// Where states go that cannot be saved; `nil` for nowhere.
    var emergencyRecords: EmergencyRecords? { get }

    /// The saves of all environments so far, by this value and its copies.
    var metrics: WriteMetrics { get }
}

extension LoggedRepository {
    func logged(_ name: EnvironmentName) -> LoggedDocument<AnyEnvironmentState> {
        LoggedDocument(
            name: name.text, source: source(of: name), format: EnvironmentDocument.format,
            emergencyRecords: emergencyRecords, metrics: metrics, lockTimeout: lockTimeout,
            folder: workspace(for: name).root.text)
    }

    // MARK: Reading

    public func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment? {
        try await logged(name).load()
    }

    public func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool {
        if case .nothing = try await logged(name).standing() { false } else { true }
    }

    public func standing(of name: EnvironmentName) async throws(RepositoryError) -> EnvironmentStanding {
        let logged = logged(name)
        let standing = try await logged.standing()
        let error = await logged.error(for: standing)
        do throws(RepositoryError) {
            guard let stored = try await logged.stored(standing) else { return .nothing }
            return error.map { .doubtful(stored, $0) } ?? .stored(stored)
        } catch {
            return .damaged(error)
        }
    }

    public func history(of name: EnvironmentName) async throws(RepositoryError) -> DocumentHistory? {
        try await logged(name).history()
    }

    public func historyLines(of name: EnvironmentName) async throws(RepositoryError) -> [HistoryLine]? {
        try await history(of: name)?.lines
    }

    public func state(of name: EnvironmentName, at serial: Int) async throws(RepositoryError) -> StoredEnvironment? {
        try await logged(name).state(at: serial)
    }

    public func states(
        of name: EnvironmentName, at serials: Set<Int>
    ) async throws(RepositoryError) -> [Int: StoredEnvironment] {
        try await logged(name).states(at: serials)
    }

    public func states(
        of name: EnvironmentName, before serial: Int
    ) async throws(RepositoryError) -> [StoredEnvironment] {
        try await logged(name).states(before: serial)
    }

    public func states(of name: EnvironmentName) async throws(RepositoryError) -> [Int] {
        var serials: [Int] = []
        try await source(of: name).forEachLine { (text) throws(RepositoryError) in
            if let line = LogLine(text.bytes), line.serial > serials.last ?? 0 { serials.append(line.serial) }
            return true
        }
        return serials
    }

    public func isKnown(_ name: EnvironmentName) async throws(RepositoryError) -> Bool {
        // A command that works may store it in a moment.
        if try await exists(name) { return true }
        return try await holder(of: name) != nil
    }

    public func emergencyRecord(of name: EnvironmentName) async throws(RepositoryError) -> String? {
        switch try await logged(name).standing() {
        case .stored(_, .record(let record)?), .earlier(_, .record(let record)?), .damaged(.onlyRecord(let record)):
            record.path
        default: nil
        }
    }

    // MARK: Changing

    public func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        LoggedLease(name: name, lease: try await lease(name, for: command, run: run))
    }

    private func lease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> DocumentLease<AnyEnvironmentState> {
        try await logged(name).acquire(.thisProcess(command: command, run: run), run: run)
    }

    public func delete(_ name: EnvironmentName) async throws(RepositoryError) {
        guard try await exists(name) else { return }
        try await underLease(of: name, for: .purge) { (lease) throws(RepositoryError) in try await lease.delete() }
    }

    public func forget(_ name: EnvironmentName, at serial: Int) async throws(RepositoryError) {
        try await underLease(of: name, for: .purge) { (lease) throws(RepositoryError) in
            let now = try await lease.stored?.serial
            guard now == serial else {
                throw RepositoryError(
                    .conflict,
                    "\(name) was changed meanwhile: its newest serial is \(now ?? 0) and not \(serial). Nothing was removed.",
                    path: source(of: name).location)
            }
            try await lease.delete(keepingFiles: true)
        }
    }

    @discardableResult
    public func restore(
        _ name: EnvironmentName, to serial: Int, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment {
        try await save(name, for: .restore, reason: reason) { (lease, event) throws(RepositoryError) in
            let earlier = try await lease.state(at: serial)
            return try await lease.restore(earlier, event: event(earlier.document.state))
        }
    }

    @discardableResult
    public func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
        let record = try await withBlockingThread { () async throws(RepositoryError) in
            try EmergencyRecords.read(path, of: name)
        }
        return try await save(name, for: .recover, reason: nil) { (lease, event) throws(RepositoryError) in
            try await lease.recover(record, from: path, event: event(record.document.state))
        }
    }

    public func decline(
        _ path: String, for name: EnvironmentName, reason: String?
    ) async throws(RepositoryError) {
        let reason = "declined \(path)" + (reason.map { ": \($0)" } ?? "")
        try await save(name, for: .recover, reason: reason) { (lease, event) throws(RepositoryError) in
            try await lease.decline(path, event: event(nil))
        }
    }

    public func editedState(of name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
        let logged = logged(name)
        let evidence = try await logged.evidence()
        return try await logged.edited(Standing(evidence), evidence.checkpointText)
    }

    @discardableResult
    public func acceptEdit(
        _ edited: StoredEnvironment, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment {
        try await save(edited.document.name, for: .acceptEdit, reason: reason) {
            (lease, event) throws(RepositoryError) in
            try await lease.acceptEdit(expecting: edited, event: event(edited.document.state))
        }
    }

    public func refreshCheckpoint(of name: EnvironmentName) async throws(RepositoryError) {
        try await underLease(of: name, for: .save) { (lease) throws(RepositoryError) in
            try await lease.refreshCheckpoint()
        }
    }

    public func adopt(
        _ stored: StoredEnvironment, history: [HistoryLine], earlier: [StoredEnvironment]
    ) async throws(RepositoryError) {
        try await underLease(of: stored.document.name, for: .save) { (lease) throws(RepositoryError) in
            try await lease.adopt(stored, history: history, earlier: earlier)
        }
    }

    /// Runs `body` under a lease, with what makes the event of a save that leaves the environment in a state, or, for
    /// `nil`, in the one that it is in.
    private func save<Result>(
        _ name: EnvironmentName, for command: CommandName, reason: String?,
        _ body: (
            DocumentLease<AnyEnvironmentState>, (LifecycleState?) -> HistoryEvent
        ) async throws(RepositoryError) -> Result
    ) async throws(RepositoryError) -> Result {
        try await underLease(of: name, for: command) { (lease) throws(RepositoryError) in
            let before = try? await lease.stored(lease.standing)?.document
            if let freeze = before?.context.freeze, freeze.holds() {
                throw RepositoryError(
                    .frozen, "\(command) of \(name) was refused: it is \(freeze). Nothing was changed.",
                    path: workspace(for: name).root.text)
            }
            return try await body(lease) { state in
                let state = state ?? before?.state ?? .created
                return HistoryEvent(
                    command: command, commandID: lease.run.id,
                    change: .transition(from: before?.state ?? state, to: state), reason: reason)
            }
        }
    }

    private func underLease<Result>(
        of name: EnvironmentName, for command: CommandName,
        _ body: (DocumentLease<AnyEnvironmentState>) async throws(RepositoryError) -> Result
    ) async throws(RepositoryError) -> Result {
        try await withBlockingThread { () async throws(RepositoryError) in
            try await lease(name, for: command, run: CommandRun()).releasing(after: body)
        }
    }
}

/// The lease of one environment's log.
private final class LoggedLease: EnvironmentLease {
    let name: EnvironmentName
    private let lease: DocumentLease<AnyEnvironmentState>

    init(name: EnvironmentName, lease: DocumentLease<AnyEnvironmentState>) {
        self.name = name
        self.lease = lease
    }

    var stored: StoredEnvironment? {
        get async throws(RepositoryError) { try await lease.stored }
    }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        try await lease.save(environment, event: event)
    }

    func keepEmergencyRecord() async throws(RepositoryError) -> String? { try await lease.keepEmergencyRecord() }
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        await lease.note(command, run, step: step)
    }
    func delete() async throws(RepositoryError) { try await lease.delete() }
    func delete(evenIfDamaged: Bool) async throws(RepositoryError) {
        try await lease.delete(evenIfDamaged: evenIfDamaged)
    }
    func release() async { await lease.release() }
    func waitUntilLost() async { await lease.log.waitUntilLost() }
}
