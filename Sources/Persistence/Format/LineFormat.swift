import DocumentStore
import EnvironmentDomain
import JSONText

/// The members of a log's line: the event of a save and the whole document.
///
///     …,"at":"…","command":"…","command_id":"…",…,"schema_version":2,"environment":{…}}
struct LineFormat<Document: Codable & Hashable & Sendable>: Sendable {
    /// The name of the member that holds the document.
    let documentKey: String
    /// What happened when a bare document, as people put it there, is taken over.
    let takenOver: @Sendable (Document) -> HistoryEvent.Change

    init(
        documentKey: String, takenOver: @escaping @Sendable (Document) -> HistoryEvent.Change = { _ in .saved }
    ) {
        self.documentKey = documentKey
        self.takenOver = takenOver
    }

    /// The document's own form: 1 for one that is not versioned.
    static var form: Int { (Document.self as? any VersionedDocument.Type)?.schemaVersion ?? 1 }
    /// Lines of the first form have schema version 2: version 1 is that of the store before the log.
    static var schemaVersion: Int { form + 1 }

    /// Writes the members of a save, and makes sure that they read as what they were.
    func object(
        _ document: Document, event: HistoryEvent, missed: [HistoryEvent]
    ) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in try event.members {
            writer.name(name)
            writer.write(value)
        }
        if !missed.isEmpty {
            writer.name("missed")
            writer.write(.array(try missed.map { .object(JSONObject(try $0.members)) }))
        }
        writer.name("schema_version")
        writer.write(Self.schemaVersion)
        let key = try JSONTextEncoder().encode(documentKey)
        let text = try JSONTextEncoder(style: .sortedNames).encode(document)
        let object = writer.bytes + [UInt8(ascii: ",")] + key + [UInt8(ascii: ":")] + text + [UInt8(ascii: "}")]
        let read = try JSONDocument(object).root
        let (readEvent, readMissed) = try Self.event(read)
        guard try self.document(in: read) == document, readEvent == event, readMissed == missed else {
            throw EncodingError.invalidValue(
                document, .init(codingPath: [], debugDescription: "the document does not decode to what it was"))
        }
        return object
    }

    /// Reads a line of the log.
    func read(_ line: LogLine) throws(Damage) -> StoredDocument<Document> {
        do {
            let root = try JSONDocument(line.bytes).root
            let version = try root[Self.versionName]?.integer() ?? 0
            guard version <= Self.schemaVersion else { throw Damage.tooNew(version, known: Self.schemaVersion) }
            let history = try Self.historyLine(line, root)
            return StoredDocument(
                document: try document(in: root, form: version - 1), lineage: try Lineage(line.lineage),
                serial: line.serial, savedAt: history.event.at, line: history)
        } catch {
            throw Damage(error, in: line.bytes)
        }
    }

    /// Reads a line's event, and of its document nothing.
    func historyLine(_ line: LogLine) throws -> HistoryLine {
        try Self.historyLine(line, JSONDocument(line.bytes, stoppingBefore: documentKey).root)
    }

    private static var versionName: String { "schema_version" }

    private static func historyLine(_ line: LogLine, _ root: JSONNode) throws -> HistoryLine {
        let (event, missed) = try event(root)
        return HistoryLine(
            serial: line.serial, event: event, previous: line.previous.map { Checksum($0) }, missed: missed)
    }

    private static func event(_ root: JSONNode) throws -> (HistoryEvent, missed: [HistoryEvent]) {
        let missed = try root["missed"].map { try JSONTextDecoder().decode([HistoryEvent].self, from: $0) }
        return (try JSONTextDecoder().decode(HistoryEvent.self, from: root), missed ?? [])
    }

    private func document(in root: JSONNode, form: Int = Self.form) throws -> Document {
        guard let node = root[documentKey] else { throw root.missing(MemberName(documentKey)) }
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
}

struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension HistoryEvent {
    /// The members in the order of a line.
    fileprivate var members: [(String, JSONValue)] {
        get throws {
            let value = try JSONValue(encoding: self)
            return ["at", "command", "command_id", "from", "to", "step", "event", "reason"].compactMap { name in
                value[name].map { (name, $0) }
            }
        }
    }
}

extension LineFormat {
    /// Whether a line holds no member of the document that reading it drops.
    func isFaithful(_ stored: StoredDocument<Document>, to line: LogLine) -> Bool {
        guard let kept = try? JSONValue(encoding: stored.document),
            let found = (try? JSONDocument(line.bytes))?.root[documentKey]
        else { return false }
        return JSONValue(found) == kept
    }
}
