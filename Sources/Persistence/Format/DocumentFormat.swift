import EnvironmentDomain
import JSONText
import OperatingSystem

/// The bytes of a stored document: pretty-printed JSON with sorted keys, a newline at the end, and an envelope whose
/// first member is the checksum of everything behind it.
struct DocumentFormat<Document: Codable & Hashable & Sendable>: Sendable {
    /// The name of the member that holds the document; it sorts behind `checksum`.
    let documentKey: String

    /// The newest schema that this version knows.
    ///
    /// 0 is a bare document without an envelope, of the first form.
    static var schemaVersion: Int { (Document.self as? any VersionedDocument.Type)?.schemaVersion ?? 1 }
    /// Larger files are not read: no document of ours comes near (bytes).
    static var sizeLimit: Int { 64 << 20 }

    /// Encodes the document and makes sure that it decodes to what it was.
    func encode(_ stored: StoredDocument<Document>) throws -> [UInt8] {
        let bytes = try bytes(of: stored)
        try check(bytes, of: stored)
        return bytes
    }

    /// Makes sure that what was encoded decodes to what it was.
    func check(_ bytes: [UInt8], of stored: StoredDocument<Document>) throws {
        guard try decodeEnvelope(bytes).stored == stored else {
            throw EncodingError.invalidValue(
                stored, .init(codingPath: [], debugDescription: "the document does not decode to what it was"))
        }
    }

    /// Encodes the document.
    func bytes(of stored: StoredDocument<Document>) throws -> [UInt8] {
        var encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
        encoder.userInfo = userInfo
        var bytes = try encoder.encode(Envelope(stored: stored, checksum: .placeholder))
        bytes.append(UInt8(ascii: "\n"))
        guard let header = Header(bytes) else {
            throw EncodingError.invalidValue(
                stored, .init(codingPath: [], debugDescription: "the checksum is not the first member"))
        }
        bytes.replaceSubrange(header.checksum, with: Checksum(of: bytes[header.covered]).text.utf8)
        return bytes
    }

    /// Decodes a document.
    ///
    /// - Throws: ``Damage``, which says what is wrong.
    func decode(_ bytes: [UInt8]) throws(Damage) -> StoredDocument<Document> {
        guard !bytes.isEmpty else { throw .empty }
        let header = Header(bytes)
        let isWhole = header?.isChecksum(of: bytes)
        do {
            let envelope = try decodeEnvelope(bytes)
            if isWhole == false { throw Damage.checksumMismatch }
            if header == nil && envelope.checksum != nil {
                throw Damage.wrongShape("\"checksum\" is not the first member")
            }
            return envelope.stored
        } catch let damage as Damage {
            throw damage
        } catch {
            if (error as? JSONError)?.code == .unexpectedEnd { throw .cutOff(bytes.count) }
            if isWhole == false { throw .checksumMismatch }
            throw Damage(error)
        }
    }

    /// Decodes a document that a person edited, whose checksum is that of what was there before.
    ///
    /// - Throws: ``Damage`` when there is more wrong with it, or something in it that a save would drop.
    func decodeEdited(_ bytes: [UInt8]) throws(Damage) -> StoredDocument<Document> {
        guard let header = Header(bytes) else { throw .wrongShape("\"checksum\" is not the first member") }
        var sealed = bytes
        sealed.replaceSubrange(header.checksum, with: Checksum(of: bytes[header.covered]).text.utf8)
        let stored = try decode(sealed)
        // Spaces and the checksum may be others than ours; everything else is either understood or would be lost.
        guard let ours = try? self.bytes(of: stored), let known = Self.compactContent(ours),
            known == Self.compactContent(bytes)
        else {
            throw .wrongShape(
                "a member of it is unknown, stands in it twice, or stands elsewhere than this program writes it")
        }
        return stored
    }

    /// What the checksum covers, without the white space.
    private static func compactContent(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard let text = try? JSONDocument(bytes).root.text(), let header = Header(text) else { return nil }
        return text[header.covered]
    }

    /// Whether decoding and encoding again gives the same bytes: otherwise there are members in it that nobody knows,
    /// and the next save would drop them.
    ///
    /// What an older program wrote is another form, which its upgrade answers for.
    func isFaithful(_ stored: StoredDocument<Document>, to bytes: [UInt8]) -> Bool {
        stored.serial == 0 || (try? self.bytes(of: stored)).map { areSame($0, bytes) } == true
            || version(of: bytes) < Self.schemaVersion
    }

    /// The history line in a document, as it stands in the history; nil unless the bytes are whole and of our form.
    func line(in bytes: [UInt8]) -> [UInt8]? {
        guard Header(bytes)?.isChecksum(of: bytes) == true, let document = try? JSONDocument(bytes),
            document.root.text(.pretty) + [UInt8(ascii: "\n")] == bytes
        else { return nil }
        return document.root["event"]?.text()
    }

    /// The member `event` as a line: neither has to be encoded twice.
    static func line(of bytes: [UInt8]) -> [UInt8]? { (try? JSONDocument(bytes))?.root["event"]?.text() }

    /// The schema version that a whole document claims.
    func version(of bytes: [UInt8]) -> Int {
        (try? JSONDocument(bytes).root["schema_version"]?.integer()) ?? 0
    }

    private var userInfo: [CodingUserInfoKey: any Sendable] {
        guard let key = CodingUserInfoKey.documentKey else { return [:] }
        return [key: documentKey]
    }

    private func decodeEnvelope(_ bytes: [UInt8]) throws -> Envelope {
        var decoder = JSONTextDecoder()
        decoder.userInfo = userInfo
        return try decoder.decode(Envelope.self, from: bytes)
    }

    /// The members around a document.
    private struct Envelope: Codable {
        let stored: StoredDocument<Document>
        let checksum: Checksum?

        init(stored: StoredDocument<Document>, checksum: Checksum) {
            self.stored = stored
            self.checksum = checksum
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: EnvelopeKey.self)
            guard container.contains(.schemaVersion) || container.contains(.checksum) else {
                checksum = nil
                stored = StoredDocument(
                    document: try Self.document(version: 1, from: decoder), lineage: nil, serial: 0, savedAt: nil,
                    line: nil)
                return
            }
            // The version comes first: what is newer may mean something else by every other member.
            let version = try container.decode(Int.self, forKey: .schemaVersion)
            guard version <= schemaVersion else { throw Damage.tooNew(version, known: schemaVersion) }
            guard version > 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .schemaVersion, in: container, debugDescription: "there is no schema version \(version)")
            }
            checksum = try container.decode(Checksum.self, forKey: .checksum)
            let serial = try container.decode(Int.self, forKey: .serial)
            guard HistoryLine.serials.contains(serial) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .serial, in: container, debugDescription: "a serial is a number from 1 to 2^53")
            }
            stored = StoredDocument(
                document: version == schemaVersion
                    ? try container.decode(Document.self, forKey: .document(decoder.userInfo))
                    : try Self.document(
                        version: version, from: container.superDecoder(forKey: .document(decoder.userInfo))),
                lineage: try container.decode(Lineage.self, forKey: .lineage), serial: serial,
                savedAt: try container.decode(Timestamp.self, forKey: .savedAt),
                line: try container.decode(HistoryLine.self, forKey: .event))
        }

        private static func document(version: Int, from decoder: any Decoder) throws -> Document {
            let older = try (Document.self as? any VersionedDocument.Type)?.decode(version: version, from: decoder)
            return try older as? Document ?? Document(from: decoder)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: EnvelopeKey.self)
            try container.encode(checksum, forKey: .checksum)
            try container.encode(stored.document, forKey: .document(encoder.userInfo))
            try container.encode(stored.line, forKey: .event)
            try container.encode(stored.lineage, forKey: .lineage)
            try container.encode(stored.savedAt, forKey: .savedAt)
            try container.encode(schemaVersion, forKey: .schemaVersion)
            try container.encode(stored.serial, forKey: .serial)
        }
    }
}

/// Where the checksum stands in a document's first bytes, which can be found without decoding them.
private struct Header {
    /// The text of the checksum, without its quotation marks.
    let checksum: Range<Int>
    /// Everything behind the comma that ends the member.
    let covered: Range<Int>

    init?(_ bytes: [UInt8]) {
        var position = 0
        func skipSpace() {
            while position < bytes.count {
                switch bytes[position] {
                case 9, 10, 13, 32: position += 1
                default: return
                }
            }
        }
        func skip(_ text: String) -> Bool {
            skipSpace()
            guard bytes[position...].starts(with: text.utf8) else { return false }
            position += text.utf8.count
            return true
        }
        guard skip("{"), skip("\"checksum\""), skip(":"), skip("\"") else { return nil }
        let length = Checksum.placeholder.text.utf8.count
        checksum = position..<min(position + length, bytes.count)
        position = checksum.upperBound
        guard skip("\""), skip(",") else { return nil }
        covered = position..<bytes.count
    }

    func isChecksum(of bytes: [UInt8]) -> Bool {
        bytes[checksum].elementsEqual(Checksum(of: bytes[covered]).text.utf8)
    }
}

extension Checksum {
    fileprivate static let placeholder = Checksum(of: [])
}

private struct EnvelopeKey: CodingKey, Hashable {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let checksum = Self(stringValue: "checksum")
    static let event = Self(stringValue: "event")
    static let lineage = Self(stringValue: "lineage")
    static let savedAt = Self(stringValue: "saved_at")
    static let schemaVersion = Self(stringValue: "schema_version")
    static let serial = Self(stringValue: "serial")

    static func document(_ userInfo: [CodingUserInfoKey: Any]) -> Self {
        Self(stringValue: CodingUserInfoKey.documentKey.flatMap { userInfo[$0] as? String } ?? "document")
    }
}

extension CodingUserInfoKey {
    fileprivate static let documentKey = CodingUserInfoKey(rawValue: "documentKey")
}
