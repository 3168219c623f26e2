import DocumentStore
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The members of a log's line: the event of a save and the whole document.
///
///     …,"at":"…","command":"…","command_id":"…",…,"schema_version":2,"environment":{…}}
struct LineFormat<Document: Codable & Hashable & Sendable>: Sendable {
    /// The name of the member that holds the document.
    let documentKey: String
    /// The name that a document gives itself; `nil` for documents that have none.
    let ownName: @Sendable (Document) -> String?
    /// Adds to a bare document, as people put it there, what it may leave out.
    let completed: @Sendable (JSONNode) throws -> JSONNode
    /// What happened when a bare document is taken over.
    let takenOver: @Sendable (Document) -> HistoryEvent.Change

    init(
        documentKey: String, ownName: @escaping @Sendable (Document) -> String? = { _ in nil },
        completed: @escaping @Sendable (JSONNode) throws -> JSONNode = { $0 },
        takenOver: @escaping @Sendable (Document) -> HistoryEvent.Change = { _ in .saved }
    ) {
        self.documentKey = documentKey
        self.ownName = ownName
        self.completed = completed
        self.takenOver = takenOver
    }

    /// The document's own form: 1 for one that is not versioned.
    static var form: Int { (Document.self as? any VersionedDocument.Type)?.schemaVersion ?? 1 }
    /// Lines of the first form have schema version 2: version 1 is that of the store before the log.
    static var schemaVersion: Int { form + 1 }

    /// The line of a document with its own serial and event, behind another line or text.
    func line(
        of stored: StoredDocument<Document>, _ lineage: Lineage, after previous: [UInt8]?,
        event: @autoclosure () -> HistoryEvent
    ) throws -> LogLine {
        LogLine(
            serial: max(1, stored.serial), lineage: lineage.text, previous: previous.map { crc32c($0) },
            object: try object(
                stored.document, event: stored.line?.event ?? event(), missed: stored.line?.missed ?? []))
    }

    /// Writes the members of a save, and makes sure that they read as what they were.
    func object(
        _ document: Document, event: HistoryEvent, missed: [HistoryEvent]
    ) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        try event.writeMembers(to: &writer)
        if !missed.isEmpty {
            writer.name("missed")
            writer.beginArray()
            for event in missed { try event.write(to: &writer) }
            writer.endArray()
        }
        writer.name("schema_version")
        writer.write(Self.schemaVersion)
        writer.name(documentKey)
        try Self.write(document, to: &writer)
        writer.endObject()
        let root = try JSONDocument(writer.bytes).root
        guard try self.document(in: root) == document, try HistoryEvent(json: root) == event,
            try root["missed"]?.elements().map({ try HistoryEvent(json: $0) }) ?? [] == missed
        else {
            throw EncodingError.invalidValue(
                document, .init(codingPath: [], debugDescription: "the document does not decode to what it was"))
        }
        return writer.bytes
    }

    private static func write(_ document: Document, to writer: inout JSONWriter) throws {
        // What writes itself sorts its members; in other types, those of dictionaries come in any order.
        if let document = document as? any JSONConvertible { return try document.write(to: &writer) }
        writer.write(try JSONDocument(JSONTextEncoder(style: .sortedNames).encode(document)).root)
    }

    /// Reads a line of the log.
    func read(_ line: LogLine) throws(Damage) -> StoredDocument<Document> {
        do {
            let root = try JSONDocument(line.bytes).root
            let version = try root["schema_version"]?.integer() ?? 0
            guard version <= Self.schemaVersion else { throw Damage.tooNew(version, known: Self.schemaVersion) }
            let history = try HistoryLine(json: root)
            return StoredDocument(
                document: try document(in: root, form: version - 1), lineage: try Lineage(line.lineage),
                serial: line.serial, savedAt: history.event.at, line: history)
        } catch {
            throw Damage(error, in: line.bytes)
        }
    }

    /// Reads a line's event, and of its document nothing.
    func historyLine(_ text: [UInt8]) throws -> HistoryLine {
        try HistoryLine(json: JSONDocument(text, stoppingBefore: documentKey).root)
    }

    private func document(in root: JSONNode, form: Int = Self.form) throws -> Document {
        guard let node = root[documentKey] else { throw root.missing(documentKey) }
        return try Self.document(form: form, in: node)
    }

    /// Reads a document of an older form, or of this one.
    static func document(form: Int, in node: JSONNode) throws -> Document {
        guard form < Self.form, let type = Document.self as? any VersionedDocument.Type else {
            return try JSONTextDecoder().decode(Document.self, from: node)
        }
        guard form > 0, let document = try type.decode(version: form, from: node) as? Document else {
            throw node.corrupted("there is no form \(form) of it")
        }
        return document
    }

    /// Whether a line holds no member of the document that reading it drops.
    func isFaithful(_ document: Document, to line: LogLine) -> Bool {
        guard let root = (try? JSONDocument(line.bytes))?.root, let version = try? root["schema_version"]?.integer()
        else {
            return false
        }
        return isFaithful(document, to: root, form: version - 1)
    }

    /// Whether a text of that form, of a line or of version 1, holds no member of the document that reading it drops.
    ///
    /// What an older program wrote is another form, which its upgrade answers for.
    func isFaithful(_ document: Document, to root: JSONNode, form: Int) -> Bool {
        guard form == Self.form else { return true }
        var writer = JSONWriter()
        guard let found = root[documentKey], (try? Self.write(document, to: &writer)) != nil else { return false }
        // A person may have put members in another order.
        return areSame(Array(found.bytes), writer.bytes)
            || (try? JSONDocument(writer.bytes)).map { JSONValue($0.root) == JSONValue(found) } == true
    }
}
