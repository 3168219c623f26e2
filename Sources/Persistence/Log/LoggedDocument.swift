import DocumentStore
import EnvironmentDomain
import OperatingSystem

/// A document whose log is somewhere: what can be read of it, and the way to a lease.
struct LoggedDocument<Document: Codable & Hashable & Sendable>: Sendable {
    /// The name by which messages call the document, and the first part of a record's name.
    let name: String
    let source: any LogSource
    let format: LineFormat<Document>
    let emergencyFolder: EmergencyFolder?
    let metrics: WriteMetrics
    let lockTimeout: Duration
    /// The path of the checkpoint, or what else names it.
    let checkpoint: String
    /// Where the document's folder is, for the places of records that are noted in it.
    var folder: String?

    /// The answer to what is stored and whether it is the newest.
    func standing() async throws(RepositoryError) -> Standing {
        var evidence = try await source.evidence()
        evidence.records = await records()
        return Standing(evidence)
    }

    func records() async -> [Evidence.Record] {
        await withBlockingThread { emergencyFolder?.records(of: name, in: folder) ?? [] }
    }

    /// Why what an answer says is not to be changed; `nil` when it may be.
    func error(for standing: Standing) async -> RepositoryError? {
        let recoverable: Recoverable? =
            switch standing {
            case .damaged, .earlier(_, doubt: _?): await recoverable()
            default: nil
            }
        return StandingError(name: name, log: source.location, checkpoint: checkpoint, recoverable: recoverable)
            .error(for: standing)
    }

    /// The newest whole document that is left, records included.
    func recoverable() async -> Recoverable? {
        let records = await records().filter { !$0.isElsewhere }.map { Recoverable(path: $0.path, serial: $0.serial) }
        return ([await source.recoverable()].compactMap(\.self) + records).max { $0.serial < $1.serial }
    }

    /// What is stored; `nil` for nothing at all.
    ///
    /// - Throws: `RepositoryError` when it cannot be known.
    func load() async throws(RepositoryError) -> StoredDocument<Document>? {
        if let line = try await source.newestLine() { return try read(line) }
        return try await stored(standing())
    }

    /// What an answer says is stored, doubted or not.
    func stored(_ standing: Standing) async throws(RepositoryError) -> StoredDocument<Document>? {
        switch standing {
        case .nothing: return nil
        case .stored(let line, _): return try read(line)
        case .earlier:
            guard let text = try await source.checkpointText() else { return nil }
            do {
                return try VersionOne(format: format).decode(text)
            } catch {
                throw self.error(error, in: checkpoint)
            }
        case .damaged:
            guard let error = await error(for: standing) else { return nil }
            throw error
        }
    }

    func read(_ line: LogLine) throws(RepositoryError) -> StoredDocument<Document> {
        do {
            return try format.read(line)
        } catch {
            throw self.error(error, in: source.location)
        }
    }

    func error(_ damage: Damage, in place: String) -> RepositoryError {
        let advice = damage.code == .schemaTooNew ? " Use the newer program that wrote it." : ""
        return RepositoryError(
            damage.code, "\(place) \(damage). Nothing was changed.\(advice)", path: place, cause: damage)
    }

    // MARK: The past

    /// Every line that can be read, the oldest first, and what contradicts the log; `nil` when there are none.
    func history() async throws(RepositoryError) -> DocumentHistory? {
        var history = DocumentHistory()
        try await source.forEachLine { (text) throws(RepositoryError) in
            history.add(text) { try format.historyLine($0) }
            return true
        }
        return history.lines.isEmpty && history.flaws.isEmpty ? nil : history
    }

    /// The document as the save with that serial left it; `nil` when it is not kept any more.
    func state(at serial: Int) async throws(RepositoryError) -> StoredDocument<Document>? {
        var found: LogLine?
        try await source.forEachLine { (text) throws(RepositoryError) in
            // What is not whole holds no state.
            if let line = LogLine(text.bytes), line.serial == serial { found = line }
            return found == nil
        }
        if let found { return try read(found) }
        guard let stored = try await load(), stored.serial == serial else { return nil }
        return stored
    }

    // MARK: Changing

    /// Waits for the right to change the document.
    func acquire(_ holder: LeaseHolder, run: CommandRun) async throws(RepositoryError) -> DocumentLease<Document> {
        let log = try await source.hold(holder, timeout: lockTimeout)
        return DocumentLease(self, log, holder: holder, run: run, records: await records())
    }
}
