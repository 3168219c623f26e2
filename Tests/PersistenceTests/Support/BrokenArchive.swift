import EnvironmentDomain
import Persistence

/// An archive in memory that breaks one promise.
struct BrokenArchive: EnvironmentArchive {
    /// The promises, each of which is broken in some way.
    enum Flaw: String, CaseIterable {
        case knowsWhatIsNotThere = "A name that was never saved has no past"
        case losesALine = "Every save is a line of the history, in order, with its event"
        case confusesStates = "Every state that is kept is read as it was saved, and the newest is kept"
        case inventsStates = "A state that was never saved is none"
        case findsProblems = "What is stored stands as it is loaded, and an examination finds no problem"
        case locksToRead = "Reading the past needs no lease"
        case remembersTheDeleted = "What was deleted has no past, and what is made again begins a new one"
        case restoresWithoutReason = "A restore is a save with the next serial, and its line says why"
        case restoresTheNewest = "A restore to a state that is not kept changes nothing"
        case restoresWithoutALease = "A restore needs the lease"
        case acceptsWhatNobodyEdited = "What nobody edited is not accepted as an edit"
        case appliesAnyRecord = "A record that is not there is not applied"
        case adoptsWithoutThePast = "What is adopted has its lineage, serial, history and earlier states"
        case adoptsOverOthers = "Nothing is adopted in place of what is stored"
        case adoptsWithoutAHistory = "A history that does not lead up to the state is not adopted"
        case forgetsWhatWasNotShown = "What is forgotten is removed only while it is the state that was shown"
        case tellsOnce = "A watcher is told at once, and again when something is saved"
    }

    let flaw: Flaw
    let base: any EnvironmentArchive

    init(_ flaw: Flaw, lockTimeout: Duration) throws {
        self.flaw = flaw
        base = try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)
    }

    // MARK: A repository that keeps its promises

    var location: String { base.location }
    var lockTimeout: Duration { base.lockTimeout }
    func workspace(for name: EnvironmentName) -> Workspace { base.workspace(for: name) }
    func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment? { try await base.load(name) }
    func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool { try await base.exists(name) }
    func names() async throws(RepositoryError) -> [EnvironmentName] { try await base.names() }
    func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
        try await base.holder(of: name)
    }

    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        try await base.acquireLease(name, for: command, run: run)
    }

    // MARK: An archive with a flaw

    func standing(of name: EnvironmentName) async throws(RepositoryError) -> EnvironmentStanding {
        try await base.standing(of: name)
    }

    func historyLines(of name: EnvironmentName) async throws(RepositoryError) -> [HistoryLine]? {
        let lines = try await base.historyLines(of: name)
        switch flaw {
        case .losesALine: return lines.map { Array($0.dropFirst()) }
        case .remembersTheDeleted: return lines ?? []
        case .locksToRead:
            await (try base.acquireLease(name, for: .run, run: CommandRun())).release()
            return lines
        default: return lines
        }
    }

    func states(of name: EnvironmentName) async throws(RepositoryError) -> [Int] { try await base.states(of: name) }

    func states(
        of name: EnvironmentName, before serial: Int
    ) async throws(RepositoryError) -> [StoredEnvironment] { try await base.states(of: name, before: serial) }

    func state(of name: EnvironmentName, at serial: Int) async throws(RepositoryError) -> StoredEnvironment? {
        switch flaw {
        case .confusesStates, .inventsStates: try await base.load(name)
        default: try await base.state(of: name, at: serial)
        }
    }

    func restore(
        _ name: EnvironmentName, to serial: Int, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment {
        switch flaw {
        case .restoresWithoutReason: return try await base.restore(name, to: serial, reason: "")
        case .restoresTheNewest:
            return try await base.restore(name, to: base.states(of: name).last ?? 0, reason: reason)
        case .restoresWithoutALease:
            guard let stored = try await base.load(name) else { break }
            return stored
        default: break
        }
        return try await base.restore(name, to: serial, reason: reason)
    }

    func emergencyRecord(of name: EnvironmentName) async throws(RepositoryError) -> String? {
        try await base.emergencyRecord(of: name)
    }

    func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
        if flaw == .appliesAnyRecord, let stored = try await base.load(name) { return stored }
        return try await base.recover(path, for: name)
    }

    func decline(_ path: String, for name: EnvironmentName, reason: String?) async throws(RepositoryError) {
        try await base.decline(path, for: name, reason: reason)
    }

    func editedState(of name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment {
        if flaw == .acceptsWhatNobodyEdited, let stored = try await base.load(name) { return stored }
        return try await base.editedState(of: name)
    }

    func acceptEdit(_ edited: StoredEnvironment, reason: String) async throws(RepositoryError) -> StoredEnvironment {
        try await base.acceptEdit(edited, reason: reason)
    }

    func refreshCheckpoint(of name: EnvironmentName) async throws(RepositoryError) {
        try await base.refreshCheckpoint(of: name)
    }

    func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
        try await base.abandoned(name)
    }

    func isKnown(_ name: EnvironmentName) async throws(RepositoryError) -> Bool {
        let isKnown = try await base.isKnown(name)
        return isKnown || flaw == .knowsWhatIsNotThere
    }

    func adopt(
        _ stored: StoredEnvironment, history: [HistoryLine], earlier: [StoredEnvironment]
    ) async throws(RepositoryError) {
        switch flaw {
        case .adoptsWithoutThePast: try await base.adopt(stored, history: history, earlier: [])
        case .adoptsOverOthers, .adoptsWithoutAHistory:
            let lease = try await base.acquireLease(stored.document.name, for: .save, run: CommandRun())
            let event = HistoryEvent(command: .save, commandID: .random(), change: .saved)
            try await lease.save(stored.document, event: event)
            await lease.release()
        default: try await base.adopt(stored, history: history, earlier: earlier)
        }
    }

    func forget(_ name: EnvironmentName, at serial: Int) async throws(RepositoryError) {
        let stored = flaw == .forgetsWhatWasNotShown ? try await base.load(name)?.serial : nil
        try await base.forget(name, at: stored ?? serial)
    }

    func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error> {
        guard flaw == .tellsOnce else { return base.changes(of: name) }
        return AsyncThrowingStream { continuation in
            continuation.yield()
            continuation.finish()
        }
    }

    func examine(_ name: EnvironmentName) async -> [Finding] {
        flaw == .findsProblems ? [Finding(.problem, "broken", "It is broken.")] : await base.examine(name)
    }
}
