import DocumentStore
import EnvironmentDomain
import OperatingSystem

/// A document whose log is somewhere: what can be read of it, and the way to a lease.
struct LoggedDocument<Document: Codable & Hashable & Sendable>: Sendable {
    /// The name by which messages call the document, and the first part of a record's name.
    let name: String
    let source: any LogSource
    let format: LineFormat<Document>
    let emergencyRecords: EmergencyRecords?
    let metrics: WriteMetrics
    let lockTimeout: Duration
    /// Where the document's folder is, for the places of records that are noted in it.
    var folder: String?

    var checkpoint: String { source.checkpointLocation }

    /// The answer to what is stored and whether it is the newest.
    func standing() async throws(RepositoryError) -> Standing { Standing(try await evidence()) }

    /// All that is found of the document, records in other places included.
    func evidence() async throws(RepositoryError) -> Evidence {
        var evidence = try await source.evidence()
        evidence.records = await records()
        return evidence
    }

    func records() async -> [Evidence.Record] {
        await withBlockingThread { emergencyRecords?.records(of: name, in: folder) ?? [] }
    }

    /// The newest whole document that is left of a damaged one, records of states that could not be saved included.
    func recoverable(_ standing: Standing) async -> Evidence.Record? {
        let left = await source.recoverable()
        // What is of another document that had the same name is refused when it is to be recovered.
        let lineage: String? =
            switch standing {
            case .damaged(.logDamaged(let newest?)): newest.lineage
            case .earlier(let earlier, _): earlier.lineage
            default: left.max { $0.serial < $1.serial }?.lineage
            }
        let records = await records().filter { !$0.isElsewhere }
        // Of one serial the first is named: what is in the folder comes before a record.
        return (records.reversed() + left.reversed()).filter { $0.lineage == lineage ?? $0.lineage }
            .max { $0.serial < $1.serial }
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
        case .earlier(let earlier, _):
            return try read(in: checkpoint) { () throws(Damage) in
                try VersionOne(format: format).decode(earlier.text)
            }
        case .damaged:
            guard let error = await error(for: standing) else { return nil }
            throw error
        }
    }

    func read(_ line: LogLine) throws(RepositoryError) -> StoredDocument<Document> {
        try read(in: source.location) { () throws(Damage) in try format.read(line) }
    }

    private func read(
        in place: String, _ decode: () throws(Damage) -> StoredDocument<Document>
    ) throws(RepositoryError) -> StoredDocument<Document> {
        let stored: StoredDocument<Document>
        do throws(Damage) {
            stored = try decode()
        } catch {
            let advice = error.code == .schemaTooNew ? " Use the newer program that wrote it." : ""
            throw RepositoryError(
                error.code, "\(place) \(error). Nothing was changed.\(advice)", path: place, cause: error.cause)
        }
        try checkOwn(stored.document, in: place)
        return stored
    }

    /// Makes sure that a document is the one of this name: its folder may have been renamed or copied.
    func checkOwn(_ document: Document, in place: String) throws(RepositoryError) {
        guard let own = format.ownName(document), own != name else { return }
        throw RepositoryError(
            .wrongEnvironment,
            "\(place) holds the environment \(own) and not \(name): its folder was renamed or copied. Nothing was "
                + "changed. Give the folder its name back.", path: place)
    }

    /// Reads a record, or another file that has a whole document.
    func record(_ path: String) async throws(RepositoryError) -> StoredDocument<Document> {
        try await withBlockingThread { () async throws(RepositoryError) in try EmergencyRecords.read(path, format) }
    }

    // MARK: The past

    /// Every line that can be read, the oldest first, and what contradicts the log; `nil` when there are none.
    func history() async throws(RepositoryError) -> DocumentHistory? {
        var lines: [HistoryLine] = []
        let chain = try await chain { lines.append($0) }
        return lines.isEmpty && chain.flaws.isEmpty ? nil : DocumentHistory(lines: lines, flaws: chain.flaws)
    }

    /// What contradicts the log, and the serials that it has; keeps no line.
    ///
    /// - Parameter body: is given every line that can be read; without it, the events of whole lines are not parsed, which
    ///   takes most of the time.
    func chain(_ body: ((HistoryLine) -> Void)? = nil) async throws(RepositoryError) -> LogChain {
        var chain = LogChain()
        try await source.forEachLine { (text) throws(RepositoryError) in
            let whole = LogLine(text.bytes)
            let line = body == nil && whole != nil ? nil : try? format.historyLine(text.bytes)
            let link =
                line.map { ($0.serial, $0.previous?.value) }
                ?? (body == nil ? whole.map { ($0.serial, $0.previous) } : nil)
            if chain.add(text, whole, link), let line { body?(line) }
            return true
        }
        return chain
    }

    /// The documents before a serial that are kept, the oldest first.
    func states(before serial: Int) async throws(RepositoryError) -> [StoredDocument<Document>] {
        var states: [StoredDocument<Document>] = []
        try await source.forEachLine { (text) throws(RepositoryError) in
            if let line = LogLine(text.bytes), line.serial < serial, line.serial > states.last?.serial ?? 0 {
                states.append(try read(line))
            }
            return true
        }
        return states
    }

    /// The document as the save with that serial left it; `nil` when it is not kept any more.
    func state(at serial: Int) async throws(RepositoryError) -> StoredDocument<Document>? {
        try await states(at: [serial])[serial]
    }

    /// The document as the saves with these serials left it, by serial; what is not kept any more is left out.
    func states(at serials: Set<Int>) async throws(RepositoryError) -> [Int: StoredDocument<Document>] {
        var states: [Int: StoredDocument<Document>] = [:]
        try await source.forEachLine { (text) throws(RepositoryError) in
            // What is not whole holds no state.
            if let line = LogLine(text.bytes), serials.contains(line.serial), states[line.serial] == nil {
                states[line.serial] = try read(line)
            }
            return states.count < serials.count
        }
        // A document of version 1 has no log.
        if states.count < serials.count, let stored = try await load(), serials.contains(stored.serial) {
            states[stored.serial] = stored
        }
        return states
    }

    // MARK: Changing

    /// Waits for the right to change the document.
    func acquire(_ holder: LeaseHolder, run: CommandRun) async throws(RepositoryError) -> DocumentLease<Document> {
        let log = try await source.hold(holder, timeout: lockTimeout)
        let lease = DocumentLease(self, log, holder: holder, run: run, records: await records())
        // What is contradicted, or has a newer record, stays as it is until that is decided.
        guard case .earlier(_, doubt: nil) = await lease.standing else { return lease }
        do {
            try await log.upgrade()
            return lease
        } catch {
            await log.release()
            throw error
        }
    }
}
