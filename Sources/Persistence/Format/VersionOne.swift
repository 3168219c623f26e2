import DocumentStore
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The form in which version 1 of the store kept a document: `state.json` alone counted, with a checksum, a serial and its
/// history line in it; `history.jsonl` had the lines without documents, and `backups/` the newest documents before.
///
/// A bare document, without any of that, is version 0.
struct VersionOne<Document: Codable & Hashable & Sendable>: Sendable {
    let format: LineFormat<Document>

    static var backupsName: String { "backups" }

    /// How the store below recognizes such a folder.
    var earlierVersion: EarlierVersion {
        EarlierVersion(
            find: { text, folder in find(text, in: folder) },
            isContinued: { checkpoint, line in isContinued(checkpoint, by: line) })
    }

    private func find(_ text: [UInt8], in folder: Folder) -> Evidence.Earlier? {
        guard let stored = try? decode(text) else { return nil }
        return Evidence.Earlier(
            text: text, serial: stored.serial, lineage: stored.lineage?.text,
            contradiction: contradiction(of: stored, in: folder))
    }

    /// What the history says against the state file.
    private func contradiction(of stored: StoredDocument<Document>, in folder: Folder) -> String? {
        guard let last = try? Self.historyTexts(in: folder).last(where: { (try? HistoryLine(text: $0)) != nil }),
            let line = try? HistoryLine(text: last)
        else { return nil }
        let log = folder.path(of: DocumentPlace.logName)
        if line.serial > stored.serial {
            return "is of serial \(stored.serial), and \(log) goes to serial \(line.serial)"
        }
        if line.serial == stored.serial, line != stored.line { return "and the newest line of \(log) are of two saves" }
        return nil
    }

    private func isContinued(_ checkpoint: [UInt8], by line: LogLine) -> Bool {
        guard let earlier = try? decode(checkpoint) else { return false }
        guard let lineage = earlier.lineage else {
            return line.serial == 1 && (try? format.read(line))?.document == earlier.document
        }
        return lineage.text == line.lineage && earlier.serial <= line.serial
    }

    // MARK: Upgrade

    /// The log that such a folder becomes: the line of what is stored, whose text is given, and those before it.
    ///
    /// A save of which a backup has the document becomes a line of this version, as long as there is no gap up to what is
    /// stored; every other line stays as it is.
    func upgraded(
        _ text: [UInt8], in folder: Folder
    ) throws -> (newest: LogLine, older: [[UInt8]], backups: [Int]) {
        let stored = try decode(text)
        let lineage = stored.lineage ?? .random()
        var backups: [Int: StoredDocument<Document>] = [:]
        var serial = stored.serial - 1
        while let backup = try? backup(serial, in: folder), backup.lineage == stored.lineage, serial > 0 {
            backups[serial] = backup
            serial -= 1
        }
        var older: [[UInt8]] = []
        for text in try Self.historyTexts(in: folder) {
            guard let line = try? HistoryLine(text: text) else {
                older.append(text)
                continue
            }
            if line.serial >= stored.serial || backups[line.serial] != nil { continue }
            older.append(text)
        }
        for serial in backups.keys.sorted() {
            guard let backup = backups[serial] else { continue }
            older.append(try self.line(of: backup, lineage, after: older.last).bytes)
        }
        return (try line(of: stored, lineage, after: older.last), older, Array(backups.keys))
    }

    /// Removes backups that are lines now; others stay where they are.
    func removeBackups(_ serials: [Int], in folder: Folder) throws(SystemError) {
        guard try folder.identity(of: Self.backupsName) != nil else { return }
        let backups = try folder.folder(Self.backupsName)
        for serial in serials { try backups.remove(Self.backupName(serial)) }
        if try backups.names().isEmpty { try folder.removeTree(Self.backupsName) }
    }

    private static func backupName(_ serial: Int) -> String { "state.\(serial).json" }

    func line(
        of stored: StoredDocument<Document>, _ lineage: Lineage, after previous: [UInt8]?
    ) throws -> LogLine {
        try format.line(
            of: stored, lineage, after: previous,
            event: HistoryEvent(
                command: .save, commandID: .random(), change: format.takenOver(stored.document),
                reason: "taken over from a bare document"))
    }

    func backup(_ serial: Int, in folder: Folder) throws -> StoredDocument<Document> {
        try decode(folder.folder(Self.backupsName).open(Self.backupName(serial), .read).read())
    }

    /// The newest backup that can be read, and its path.
    func newestBackup(in folder: Folder) -> (path: String, stored: StoredDocument<Document>)? {
        guard let backups = try? folder.folder(Self.backupsName), let names = try? backups.names() else { return nil }
        let serials = names.compactMap { name in
            name.begins(with: "state.") && name.ends(with: ".json") ? Int(name.dropFirst(6).dropLast(5)) : nil
        }
        for serial in serials.sorted(by: >) {
            if let stored = try? backup(serial, in: folder) {
                return (backups.path(of: Self.backupName(serial)), stored)
            }
        }
        return nil
    }

    private static func historyTexts(in folder: Folder) throws -> [[UInt8]] {
        guard try folder.identity(of: DocumentPlace.logName) != nil else { return [] }
        var texts: [[UInt8]] = []
        let file = try folder.open(DocumentPlace.logName, .read)
        _ = try LogFiles.forEachLine(of: file, named: DocumentPlace.logName) { line in
            texts.append(Array(line.bytes))
            return true
        }
        return texts
    }

    // MARK: The document

    /// Reads a document of version 1, or a bare one.
    func decode(_ bytes: [UInt8]) throws(Damage) -> StoredDocument<Document> {
        do {
            let root = try JSONDocument(bytes).root
            guard root["schema_version"] != nil || root["checksum"] != nil else {
                let document = try LineFormat<Document>.document(form: 1, in: format.completed(root))
                return StoredDocument(document: document, lineage: nil, serial: 0, savedAt: nil, line: nil)
            }
            func member(_ name: String) throws -> JSONNode {
                guard let node = root[name] else { throw root.missing(name) }
                return node
            }
            // The version comes first: what is newer may mean something else by every other member.
            let version = try member("schema_version").integer()
            guard version <= LineFormat<Document>.form else {
                throw Damage.tooNew(version, known: LineFormat<Document>.schemaVersion)
            }
            guard Self.hasChecksum(try member("checksum").string(), bytes) else { throw Damage.checksumMismatch }
            let document = try LineFormat<Document>.document(form: version, in: member(format.documentKey))
            guard format.isFaithful(document, to: root, form: version) else {
                throw Damage.wrongShape(
                    "it holds a member that this program does not know, and an upgrade would drop it")
            }
            let line = try HistoryLine(json: member("event"))
            return StoredDocument(
                document: document, lineage: try Lineage(member("lineage").string()), serial: line.serial,
                savedAt: line.event.at, line: line)
        } catch {
            throw Damage(error, in: bytes)
        }
    }

    /// Whether the checksum, the first member, is that of everything behind the comma that ends it.
    private static func hasChecksum(_ checksum: String, _ bytes: [UInt8]) -> Bool {
        guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")),
            bytes[..<comma].filter({ $0 > 32 }).elementsEqual("{\"checksum\":\"\(checksum)\"".utf8)
        else { return false }
        return Checksum(crc32c(bytes, from: comma + 1)).text == checksum
    }
}

extension HistoryLine {
    /// Reads a line as version 1 wrote it.
    init(text: [UInt8]) throws { self = try HistoryLine(json: JSONDocument(text).root) }
}

/// An environment of version 1 that was not in files.
package enum EarlierEnvironment {
    /// The log that it becomes: a line of which a document is there gets it, and every other line stays as it is.
    ///
    /// - Parameters:
    ///   - history: the serials and the lines, the oldest first.
    ///   - documents: the documents that are there, of which damaged ones are passed over. The first of a serial counts.
    package static func log(
        history: [(serial: Int, line: [UInt8])], documents: [[UInt8]]
    ) -> [(serial: Int, line: [UInt8])] {
        let versionOne = VersionOne(format: EnvironmentDocument.format)
        var stored = Dictionary(
            documents.compactMap { try? versionOne.decode($0) }.map { ($0.serial, $0) },
            uniquingKeysWith: { first, _ in first })
        var log: [(serial: Int, line: [UInt8])] = []
        func add(_ serial: Int, _ stored: StoredEnvironment?, orElse text: [UInt8]) {
            let line = stored.flatMap { stored in
                stored.lineage.flatMap { try? versionOne.line(of: stored, $0, after: log.last?.line) }
            }
            log.append((serial, line?.bytes ?? text))
        }
        for (serial, text) in history {
            let isOfSave = stored[serial].map { $0.line == (try? HistoryLine(text: text)) } ?? false
            add(serial, isOfSave ? stored[serial] : nil, orElse: text)
            stored[serial] = nil
        }
        // A document that no line tells of is not lost.
        let last = history.last?.serial ?? 0
        for (serial, document) in stored.sorted(by: { $0.key < $1.key }) where serial > last {
            add(serial, document, orElse: [])
        }
        return log
    }
}
