import DocumentStore
public import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The right to change a document, and the only way to save.
///
/// What a save puts behind what is stored, which records may be recovered and what restoring means is decided here, for
/// every repository.
public final class DocumentLease<Document: Codable & Hashable & Sendable>: Sendable {
    let document: LoggedDocument<Document>
    let log: any HeldLog
    let run: CommandRun
    private let firstLineage = Lineage.random()
    private let state: Mutex<State>

    private struct State {
        var holder: LeaseHolder
        /// The records of that name, until they are decided.
        var records: [Evidence.Record]
        /// What is stored, read from its line, and whether it is known that a save drops nothing of that.
        var newest: (line: LogLine, stored: StoredDocument<Document>, isProven: Bool)?
        /// Events whose save failed.
        var missed: [HistoryEvent] = []
        /// The line of the newest save that failed, or could not be confirmed.
        var unsaved: LogLine?
    }

    init(
        _ document: LoggedDocument<Document>, _ log: any HeldLog, holder: LeaseHolder, run: CommandRun,
        records: [Evidence.Record]
    ) {
        self.document = document
        self.log = log
        self.run = run
        state = Mutex(State(holder: holder, records: records))
    }

    /// The answer to what is stored and whether it is the newest.
    var standing: Standing {
        get async {
            var evidence = await log.evidence
            evidence.records = state.withLock(\.records)
            return Standing(evidence)
        }
    }

    /// What is stored, as this lease last saw or saved it.
    ///
    /// - Throws: `RepositoryError` when what is stored cannot be known, or may not be the newest.
    public var stored: StoredDocument<Document>? {
        get async throws(RepositoryError) {
            let standing = await standing
            if let error = await document.error(for: standing) { throw error }
            return try await stored(standing)
        }
    }

    func stored(_ standing: Standing) async throws(RepositoryError) -> StoredDocument<Document>? {
        guard case .stored(let line, _) = standing else { return try await document.stored(standing) }
        if let newest = state.withLock(\.newest), newest.line == line { return newest.stored }
        let stored = try document.read(line)
        state.withLock { $0.newest = (line, stored, false) }
        return stored
    }

    // MARK: Saving

    /// Puts the document in place of what is stored.
    ///
    /// - Throws: `RepositoryError`: `serializationFailed`, `lockLost`, `conflict`, `writeStateFailed` or, as ``stored``
    ///   does, what is wrong with the stored one, which is untouched; `durabilityUnknown` with the new one in place.
    @discardableResult
    public func save(
        _ document: Document, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        let name = self.document.name
        if let own = self.document.format.ownName(document), own != name {
            throw RepositoryError(
                .wrongEnvironment,
                "The lease is for \(name), and the environment to save is \(own); nothing was saved.")
        }
        _ = try await stored
        try checkNothingIsDropped()
        return try await append(document, event: event)
    }

    /// Makes sure that a save drops no member which a newer program, or a person, put into the stored document.
    func checkNothingIsDropped() throws(RepositoryError) {
        guard let newest = state.withLock(\.newest), !newest.isProven else { return }
        guard document.format.isFaithful(newest.stored.document, to: newest.line) else {
            throw RepositoryError(
                .corruptedStateFile,
                "\(document.source.location) holds a member that this program does not know, and a save would drop it. "
                    + "Nothing was changed. Use the program that wrote it.", path: document.source.location)
        }
        state.withLock { $0.newest = (newest.line, newest.stored, true) }
    }

    /// Puts the document in place of what is stored, for the reason given.
    ///
    /// - Throws: what ``save(_:event:)`` throws.
    @discardableResult
    public func save(
        _ document: Document, reason: String? = nil
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        let command = state.withLock(\.holder).command ?? .save
        return try await save(
            document, event: HistoryEvent(command: command, commandID: run.id, change: .saved, reason: reason))
    }

    /// Appends a save, whatever the answer says.
    ///
    /// - Parameters:
    ///   - missed: events before it that no line has.
    ///   - serial: the least serial of the line.
    func append(
        _ next: Document, event: HistoryEvent, missed more: [HistoryEvent] = [], atLeast serial: Int = 1
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        let start = ContinuousClock.now
        // Taken out, so that what fails meanwhile is neither lost nor told twice.
        let earlier = state.withLock { state in
            defer { state.missed = [] }
            return state.missed
        }
        var intended: LogLine?
        do throws(RepositoryError) {
            let missed = earlier + more
            let object = try object(next, event: event, missed: missed)
            let before: LogLine? = if case .whole(let line) = await log.evidence.log { line } else { nil }
            try check(serial: max(serial, (before?.serial ?? 0) + 1))
            intended = LogLine(after: before, lineage: firstLineage.text, atLeast: serial, object: object)
            let line = try await log.append(object, lineage: firstLineage, atLeast: serial)
            document.metrics.count(nil, ContinuousClock.now - start)
            await removeRecord(of: before)
            return saved(line, next, event, missed)
        } catch {
            document.metrics.count(error.code, ContinuousClock.now - start)
            // A save whose answer never came may be in place all the same.
            let isInPlace = if case .whole(let line) = await log.evidence.log { line == intended } else { false }
            state.withLock { state in
                if !isInPlace { state.missed = earlier + [event] + state.missed }
                // What could not be confirmed may be gone after a power cut, also when it is in place now.
                if let intended, !isInPlace || error.code == .durabilityUnknown { state.unsaved = intended }
            }
            throw error
        }
    }

    /// Removes the record of a save that could not be confirmed, once another one that follows it is durable.
    private func removeRecord(of before: LogLine?) async {
        let records = records.filter { $0.serial == before?.serial && $0.lineage == before?.lineage }
        guard let before, !records.isEmpty else { return }
        await withBlockingThread {
            for record in records where EmergencyRecords.holds(record, before) { EmergencyRecords.remove(record) }
        }
    }

    /// Begins a new log with a document whose own log is damaged or lost.
    func begin(
        _ next: Document, event: HistoryEvent, missed: [HistoryEvent], serial: Int, lineage: Lineage?,
        after previous: LogLine?
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        try check(serial: serial)
        let line = LogLine(
            serial: serial, lineage: (lineage ?? firstLineage).text, previous: previous?.checksum,
            object: try object(next, event: event, missed: missed))
        try await log.begin(with: line, older: [])
        return saved(line, next, event, missed)
    }

    /// Makes sure that every reader of JSON holds a serial exactly.
    func check(serial: Int) throws(RepositoryError) {
        guard !LogLine.serials.contains(serial) else { return }
        throw RepositoryError(
            .serializationFailed,
            "The next serial of \(document.name) would be \(serial), and serials end at \(LogLine.serials.upperBound); nothing "
                + "was changed. Its log, or a file that was recovered, claims a serial that no number of saves can reach.",
            path: document.source.location)
    }

    private func saved(
        _ line: LogLine, _ document: Document, _ event: HistoryEvent, _ missed: [HistoryEvent]
    ) -> StoredDocument<Document> {
        let history = HistoryLine(
            serial: line.serial, event: event, previous: line.previous.map { Checksum($0) }, missed: missed)
        let stored = StoredDocument(
            document: document, lineage: try? Lineage(line.lineage), serial: line.serial, savedAt: event.at,
            line: history)
        state.withLock { state in
            if let newer = state.newest?.line.serial, newer > line.serial { return }
            state.newest = (line, stored, true)
            state.unsaved = nil
        }
        return stored
    }

    private func object(
        _ next: Document, event: HistoryEvent, missed: [HistoryEvent]
    ) throws(RepositoryError) -> [UInt8] {
        do {
            return try document.format.object(next, event: event, missed: missed)
        } catch {
            throw RepositoryError(
                .serializationFailed,
                "The state of \(document.name) cannot be written as JSON: \(error). Nothing was changed; this is a bug.",
                path: document.source.location, cause: error)
        }
    }

    /// Puts the newest document that could not be saved into a record outside the folder.
    ///
    /// - Returns: the record's path; `nil` when every document was saved.
    public func keepEmergencyRecord() async throws(RepositoryError) -> String? {
        guard let line = state.withLock(\.unsaved), let folder = document.emergencyRecords else { return nil }
        return try await withBlockingThread { [document] () async throws(RepositoryError) in
            try folder.keep(line, of: document.name, in: document.folder)
        }
    }

    // MARK: Holding and releasing

    /// Says in the lock's record what is being done, for people who wait.
    public func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        let holder = state.withLock { state in
            state.holder.command = command
            state.holder.commandID = run.id
            state.holder.step = step
            return state.holder
        }
        await log.note(holder)
    }

    /// Removes everything of the document but the lock file; what the folder holds beside that stays.
    ///
    /// - Parameters:
    ///   - evenIfDamaged: whether to remove also what cannot be read or may not be the newest.
    ///   - keepingFiles: whether an environment's working files stay.
    /// - Throws: `RepositoryError` with `lockLost`, `busy` while a process that a command started still works,
    ///   `deleteStateFailed`, or, as ``stored`` does, what is wrong with the stored one.
    public func delete(evenIfDamaged: Bool = false, keepingFiles: Bool = false) async throws(RepositoryError) {
        let standing = await standing
        if !evenIfDamaged, let error = await document.error(for: standing) { throw error }
        try await log.remove(keepingFiles: keepingFiles)
        let records = state.withLock { state in
            state.newest = nil
            state.missed = []
            state.unsaved = nil
            defer { state.records = [] }
            return state.records
        }
        let lineage: String? =
            switch standing {
            case .stored(let line, _), .damaged(.logDamaged(let line?)): line.lineage
            case .damaged(.onlyRecord(let record)): record.lineage
            case .earlier(let earlier, _): earlier.lineage
            default: nil
            }
        guard let lineage else { return }
        await withBlockingThread {
            for record in records where record.lineage == lineage { EmergencyRecords.remove(record) }
        }
    }

    /// Gives the lock back.
    ///
    /// The second time does nothing.
    public func release() async { await log.release() }

    /// Runs `body`, and gives the lock back however it ends.
    func releasing<Result, Failure: Error>(
        after body: (DocumentLease) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do throws(Failure) {
            let result = try await body(self)
            await release()
            return result
        } catch {
            await release()
            throw error
        }
    }

    /// A record that was recovered or declined is decided.
    func decided(_ path: String) {
        state.withLock { state in state.records.removeAll { $0.isAt(path) } }
    }

    /// The records of that name.
    var records: [Evidence.Record] { state.withLock(\.records) }
}
