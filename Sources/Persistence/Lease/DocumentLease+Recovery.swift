import DocumentStore
public import EnvironmentDomain
import JSONText
import OperatingSystem

/// The ways back from damage, doubt and mistakes; each is a save of its own.
extension DocumentLease {
    /// Applies a document from a file: an emergency record, a checkpoint, or the newest line of a log.
    ///
    /// A stored document that is damaged is kept under another name and replaced.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when the file is of another lineage or not newer than what is
    ///   stored, what is wrong with the stored document beside what the record repairs, or what a save throws.
    @discardableResult
    public func recover(
        _ record: StoredDocument<Document>, from path: String, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        let standing = await standing
        let saved: StoredDocument<Document>
        switch standing {
        case .stored(_, let doubt), .earlier(_, let doubt):
            if let doubt, !isDecided(doubt, by: path), let error = await document.error(for: standing) { throw error }
            guard let before = try await stored(standing) else {
                throw RepositoryError(.recordRefused, "\(document.name) is not there any more; nothing was changed.")
            }
            guard before.lineage == nil || before.lineage == record.lineage else {
                throw RepositoryError(
                    .recordRefused,
                    "\(path) is of another environment that had the same name (lineage \(text(record.lineage)), "
                        + "stored is \(text(before.lineage))); nothing was changed.", path: path)
            }
            // The same line was put into place by a save that could not be confirmed: saving it again confirms it.
            guard before.serial < record.serial || before == record else {
                throw RepositoryError(
                    .recordRefused,
                    "\(path) is not newer than what is stored (serial \(record.serial), stored is \(before.serial)); "
                        + "nothing was changed.", path: path)
            }
            if case .earlier(_, .record) = standing { try await log.upgrade() }
            if case .earlier(_, .contradiction) = standing {
                // It contradicts its own history, and was not upgraded for that reason.
                saved = try await begin(
                    record.document, event: event, missed: [], serial: record.serial + 1, lineage: record.lineage,
                    after: nil)
            } else {
                saved = try await append(
                    record.document, event: event, missed: before == record ? [] : events(of: record),
                    atLeast: record.serial)
            }
        case .nothing, .damaged:
            if let newer = records.first(where: { !$0.isElsewhere && !$0.isAt(path) && $0.serial > record.serial }) {
                throw RepositoryError(
                    .recordPending,
                    "\(newer.path) is a newer state of \(document.name) than \(path) (serial \(newer.serial), that is "
                        + "\(record.serial)). Recover the former, or decline it. Nothing was changed.",
                    path: newer.path,
                    backup: newer.path)
            }
            // The serials continue where they ended, so that none is given twice.
            let newest: LogLine? = if case .damaged(.logDamaged(let line)) = standing { line } else { nil }
            guard newest == nil || record.lineage == nil || record.lineage?.text == newest?.lineage else {
                throw RepositoryError(
                    .recordRefused,
                    "\(path) is of another environment that had the same name (lineage \(text(record.lineage)), the damaged "
                        + "log has \(newest?.lineage.prefix(8) ?? "none")…); nothing was changed.", path: path)
            }
            let last = max(newest?.serial ?? 0, await document.recoverable(standing)?.serial ?? 0)
            saved = try await begin(
                record.document, event: event, missed: record.serial > last ? events(of: record) : [],
                serial: max(last, record.serial) + 1, lineage: record.lineage, after: newest)
        }
        try await log.refreshCheckpoint()
        // The log contains the record from here on.
        for known in records where known.isAt(path) {
            await withBlockingThread { EmergencyRecords.remove(known) }
        }
        decided(path)
        return saved
    }

    /// Whether a person who recovers that file has decided what to do about a doubt.
    private func isDecided(_ doubt: Standing.Doubt, by path: String) -> Bool {
        switch doubt {
        case .record(let record): record.isAt(path)
        case .checkpointNewer, .contradiction: true
        // The log is what is stored, and the file that differs from it is kept under another name.
        case .checkpointEdited, .checkpointOfOtherLineage, .checkpointUnusable:
            (try? absolutePath(path)) == document.source.location
        }
    }

    private func events(of record: StoredDocument<Document>) -> [HistoryEvent] {
        record.line.map { $0.missed + [$0.event] } ?? []
    }

    private func text(_ lineage: Lineage?) -> String { lineage.map { "\($0.text.prefix(8))…" } ?? "unknown" }

    /// Moves a record aside that is not to be applied, and says so in the history.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when there is no such record.
    public func decline(_ path: String, event: HistoryEvent) async throws(RepositoryError) {
        let standing = await standing
        guard let record = records.first(where: { $0.isAt(path) }) else {
            throw RepositoryError(
                .recordRefused, "\(path) is no record of \(document.name); nothing was changed.", path: path)
        }
        switch standing {
        case .nothing, .damaged: break
        case .stored(_, let doubt), .earlier(_, let doubt):
            if let doubt, doubt != .record(record), let error = await document.error(for: standing) { throw error }
            if case .earlier(_, .record) = standing { try await log.upgrade() }
            if let stored = try await stored(self.standing) {
                try checkNothingIsDropped()
                _ = try await append(stored.document, event: event)
            }
        }
        do {
            try await withBlockingThread { () async throws(SystemError) in try EmergencyRecords.setAside(record) }
        } catch {
            throw RepositoryError(
                .writeStateFailed, "\(path) could not be moved aside: \(error.reasonAndWayOut())", path: path,
                cause: error)
        }
        decided(path)
    }

    /// Puts back the document that had that serial, as a normal save with the next serial.
    ///
    /// A stored document that is damaged is kept under another name and replaced.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when no state with that serial is kept, or what a save throws.
    @discardableResult
    public func restore(_ serial: Int, event: HistoryEvent) async throws(RepositoryError) -> StoredDocument<Document> {
        try await restore(state(at: serial), event: event)
    }

    func restore(
        _ earlier: StoredDocument<Document>, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        guard case .damaged = await standing else { return try await save(earlier.document, event: event) }
        return try await recover(earlier, from: document.source.location, event: event)
    }

    /// The document as the save with that serial left it.
    func state(at serial: Int) async throws(RepositoryError) -> StoredDocument<Document> {
        if let earlier = try await document.state(at: serial) { return earlier }
        throw RepositoryError(
            .recordRefused, "No state of \(document.name) with serial \(serial) is kept; nothing was changed.",
            path: document.source.location)
    }

    /// What a person made of the stored document by hand, whatever its checksum says.
    ///
    /// - Throws: `RepositoryError` with `recordRefused` when nobody edited it, or when it cannot be accepted.
    public func edited() async throws(RepositoryError) -> StoredDocument<Document> {
        try await document.edited(await standing, await log.evidence.checkpointText)
    }

    /// Makes a document that a person edited by hand the stored one.
    ///
    /// - Parameters:
    ///   - expected: the edit that was inspected; `nil` for whatever it is now.
    ///   - event: the event of the save.
    /// - Throws: `RepositoryError` with `conflict` when the file was edited again since, or what ``edited()`` throws.
    @discardableResult
    public func acceptEdit(
        expecting expected: StoredDocument<Document>? = nil, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredDocument<Document> {
        let edited = try await edited()
        guard edited == expected ?? edited else {
            throw RepositoryError(
                .conflict,
                "\(document.checkpoint) was changed a moment ago; nothing was changed. Inspect it again.",
                path: document.checkpoint)
        }
        let saved = try await append(edited.document, event: event, atLeast: edited.serial + 1)
        try await log.refreshCheckpoint()
        return saved
    }

    /// Writes the checkpoint again from the log; what a person made of it is kept under another name.
    public func refreshCheckpoint() async throws(RepositoryError) {
        guard case .stored = await standing else {
            if let error = await document.error(for: await standing) { throw error }
            return
        }
        try await log.refreshCheckpoint()
    }

    /// Stores a document of another place with its lineage, serial and the lines before it, where nothing is stored.
    func adopt(
        _ stored: StoredDocument<Document>, history: [HistoryLine], earlier: [StoredDocument<Document>]
    ) async throws(RepositoryError) {
        guard case .nothing = await standing else {
            throw RepositoryError(
                .recordRefused, "\(document.source.location) is there already; nothing was changed.",
                path: document.source.location)
        }
        guard history.isEmpty || history.last?.serial == stored.serial, let lineage = stored.lineage else {
            throw RepositoryError(
                .recordRefused,
                "The history of \(document.name) does not lead up to its state; nothing was changed.",
                path: document.source.location)
        }
        let documents = Dictionary(earlier.map { ($0.serial, $0) }, uniquingKeysWith: { $1 })
        let format = document.format
        func line(of stored: StoredDocument<Document>, _ line: HistoryLine?, after: [UInt8]?) throws -> LogLine {
            let stored = StoredDocument(
                document: stored.document, lineage: lineage, serial: stored.serial, savedAt: nil, line: line)
            return try format.line(
                of: stored, lineage, after: after,
                event: HistoryEvent(command: .save, commandID: run.id, change: .saved))
        }
        var texts: [[UInt8]] = []
        let newest: LogLine
        do {
            for past in history.dropLast() {
                let text = try documents[past.serial].map { try line(of: $0, past, after: texts.last).bytes }
                texts.append(try text ?? JSONTextEncoder(style: .sortedNames).encode(past))
            }
            newest = try line(of: stored, history.last ?? stored.line, after: texts.last)
        } catch {
            throw RepositoryError(
                .serializationFailed, "The states of \(document.name) cannot be written as JSON: \(error).",
                cause: error)
        }
        try await log.begin(with: newest, older: texts)
    }
}

extension LoggedDocument {
    /// What a person made of the stored document by hand.
    ///
    /// - Parameter text: the checkpoint as it was found.
    func edited(_ standing: Standing, _ text: [UInt8]?) async throws(RepositoryError) -> StoredDocument<Document> {
        func refusal(_ reason: String) -> RepositoryError {
            RepositoryError(.recordRefused, "\(checkpoint) \(reason). Nothing was changed.", path: checkpoint)
        }
        guard case .stored(let line, let doubt) = standing else {
            throw await error(for: standing) ?? refusal("is not there")
        }
        switch doubt {
        case .checkpointEdited, .checkpointNewer, .checkpointOfOtherLineage: break
        default: throw refusal("is what was saved; nobody edited it")
        }
        guard let text, let edited = LogLine(edited: text) else {
            throw refusal("was edited, and what it holds now cannot be accepted: it is no document")
        }
        if let whole = LogLine(pretty: text), whole.serial < line.serial || whole == line {
            throw refusal("is of serial \(whole.serial) as it was saved, and no edit")
        }
        guard edited.lineage == line.lineage else {
            throw refusal("is of another lineage, and that is no edit to accept")
        }
        let stored: StoredDocument<Document>
        do throws(Damage) {
            stored = try format.read(edited)
        } catch {
            throw refusal("was edited, and what it holds now cannot be accepted: it \(error)")
        }
        guard format.isFaithful(stored.document, to: edited) else {
            throw refusal("was edited, and has a member that this program does not know")
        }
        try checkOwn(stored.document, in: checkpoint)
        return stored
    }
}
