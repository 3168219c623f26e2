import EnvironmentDomain
import Foundation
import Testing

@testable import Persistence

/// The bytes of `state.json`.
@Suite(.silentLog)
struct DocumentFormatTests {
    let format = DocumentFormat<AnyEnvironmentState>(documentKey: "environment")

    private func encoded(_ state: LifecycleState = .created) throws -> [UInt8] {
        try format.encode(Sample.stored(state))
    }

    private func damage(of bytes: some Sequence<UInt8>) throws -> Damage {
        var damage: Damage?
        do throws(Damage) { _ = try format.decode(Array(bytes)) } catch { damage = error }
        return try #require(damage)
    }

    /// The document's file in `Golden/`; set RECORD_GOLDEN=1 to write it anew.
    private func golden(_ state: LifecycleState) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
        let path = folder.appendingPathComponent("\(state).json").path
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" { try overwrite(path, encoded(state)) }
        return try bytes(path)
    }

    @Test(arguments: LifecycleState.allCases)
    func aStateIsWrittenAsItsGoldenFile(_ state: LifecycleState) throws {
        let written = try String(decoding: encoded(state), as: UTF8.self)
        #expect(try written == String(decoding: golden(state), as: UTF8.self))
    }

    @Test(arguments: LifecycleState.allCases)
    func aGoldenFileIsReadAsItsState(_ state: LifecycleState) throws {
        #expect(try format.decode(golden(state)) == Sample.stored(state))
    }

    @Test(arguments: LifecycleState.allCases)
    func theEnvironmentHasOneMemberNamedAfterItsState(_ state: LifecycleState) throws {
        let document = try #require(try JSONSerialization.jsonObject(with: Data(encoded(state))) as? [String: Any])
        let environment = try #require(document["environment"] as? [String: Any])
        #expect(Array(environment.keys) == [state.typeName])
    }

    @Test func aPlainDecoderReadsTheEnvironment() throws {
        struct Envelope: Decodable { let environment: AnyEnvironmentState }
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(encoded(.running)))
        #expect(try envelope.environment == Sample.environment(.running))
    }

    @Test func theMembersAreSortedAndTheFileEndsWithANewline() throws {
        let lines = try String(decoding: encoded(), as: UTF8.self).components(separatedBy: "\n")
        let members = lines.filter { $0.hasPrefix("  \"") }.compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(
            members == [
                "checksum", "environment", "event", "lineage", "saved_at", "schema_version", "serial",
            ])
        #expect(lines.suffix(2) == ["}", ""])
    }

    @Test func theFirstMemberIsTheChecksumOfEverythingBehindItsComma() throws {
        let text = String(decoding: try encoded(), as: UTF8.self)
        let start = "{\n  \"checksum\" : \""
        #expect(text.hasPrefix(start))
        let checksum = try Checksum(String(text.dropFirst(start.count).prefix(15)))
        let covered = text.utf8.dropFirst(start.count + 15 + "\",".count)
        #expect(checksum == Checksum(of: Array(covered)))
    }

    @Test func theSameDocumentIsTheSameBytesEachTime() throws {
        #expect(try encoded(.runFailed) == encoded(.runFailed))
    }

    /// Every bit up to the checksum, and one of each byte behind it, which all are alike to the checksum.
    @Test func everyFlippedBitIsFound() async throws {
        let whole = try encoded()
        for position in whole.indices {
            for bit in position < 40 ? Array(0..<8) : [position % 8] {
                var bytes = whole
                bytes[position] ^= 1 << bit
                _ = try damage(of: bytes)
            }
            await Task.yield()
        }
    }

    @Test func everyByteThatBecameAnotherIsFoundOrChangesNothing() async throws {
        let whole = try encoded()
        let stored = try Sample.stored()
        // What stands in front of the checksummed part is the only place where a change may be without effect.
        var unnoticed: [(position: Int, byte: UInt8)] = []
        for position in 0..<40 {
            for byte in UInt8.min ... .max {
                var bytes = whole
                bytes[position] = byte
                if (try? format.decode(bytes)) ?? stored != stored { unnoticed.append((position, byte)) }
            }
            await Task.yield()
        }
        #expect(unnoticed.isEmpty)
    }

    @Test func everyTruncationIsFound() async throws {
        let whole = try encoded()
        for count in whole.indices {
            _ = try damage(of: whole[..<count])
            await Task.yield()
        }
    }

    @Test func aTruncatedDocumentIsCalledCutOff() throws {
        let whole = try encoded()
        let count = whole.count / 2
        #expect(try damage(of: whole[..<count]) == .cutOff(count))
    }

    @Test(arguments: [
        ("nonsense", 1, 2), ("{,}", 1, 2), ("{\n \"a\" : 01 }", 2, 9), ("[1,\n2,\n]", 3, 1), ("{} {}", 1, 4),
        ("{\n  \"checksum\" : \"crc32c:0\", x }\n", 2, 28), ("[\"a\nb\"]", 1, 4), ("{\"a\" 1}", 1, 6), ("\0", 1, 1),
    ])
    func whatIsNotJSONIsAnErrorThatSaysWhere(_ text: String, line: Int, column: Int) throws {
        #expect(try damage(of: text.utf8) == .notJSON(line: line, column: column))
    }

    @Test(arguments: ["{\"a\": tru", "[1, 2", "\"", "{\"a\":\n", "[\"\\u00", "{\"checksum\" : \"crc32c:00"])
    func whatEndsTooEarlyIsCalledCutOff(_ text: String) throws {
        #expect(try damage(of: text.utf8) == .cutOff(text.utf8.count))
    }

    @Test func aTextThatNestsWithoutEndIsAnErrorAndNotACrash() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(try damage(of: bytes) == .notJSON(line: 1, column: 513))
    }

    @Test(arguments: ["{}", "[]", "1", "null", "{\"Created\": {}}", "{\"A\": {}, \"B\": {}}", "{\"checksum\": 1}"])
    func jsonOfAnotherShapeIsAnErrorThatSaysWhat(_ text: String) throws {
        guard case .wrongShape(let reason) = try damage(of: text.utf8) else {
            Issue.record("\(try damage(of: text.utf8))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func zeroBytesAreDamage() throws {
        #expect(try damage(of: []) == .empty)
    }

    @Test func aNewerSchemaIsRefusedBeforeAnythingElseIsLookedAt() throws {
        let text = "{\"checksum\":\"crc32c:00000000\",\"schema_version\":2,\"something\":[]}"
        #expect(try damage(of: text.utf8) == .tooNew(2, known: 1))
    }

    @Test func aBareDocumentHasSerialZeroAndNoLineage() throws {
        let environment = try Sample.environment(.configured)
        let stored = try format.decode(Array(JSONEncoder().encode(environment)))
        #expect(stored == StoredEnvironment(document: environment, lineage: nil, serial: 0, savedAt: nil, line: nil))
    }

    @Test func aChecksumThatIsNotTheFirstMemberIsRefused() throws {
        let whole = try String(decoding: encoded(), as: UTF8.self)
        let moved = whole.replacingOccurrences(of: "{\n  \"checksum\"", with: "{\n  \"a\" : 1,\n  \"checksum\"")
        #expect(try damage(of: moved.utf8) == .wrongShape("\"checksum\" is not the first member"))
    }

    @Test(arguments: [
        ("\"serial\" : 2\n", "\"serial\" : 2,\n  \"unknown\" : 1\n"),
        ("\"ssh_port\" : 22,", "\"ssh_port\" : 22, \"colour\" : 1,"),
        ("\"ssh_port\" : 22,", "\"ssh_port\" : 22,  "),
    ])
    func whatTheNextSaveWouldDropMakesADocumentUnfaithful(_ member: String, _ members: String) throws {
        let bytes = try resealed(String(decoding: encoded(), as: UTF8.self), member, members)
        #expect(try !format.isFaithful(format.decode(bytes), to: bytes))
    }

    @Test("A member that is there twice makes a document a damaged one")
    func repeatedMember() throws {
        let bytes = try resealed(
            String(decoding: encoded(), as: UTF8.self), "\"serial\" : 2\n", "\"serial\" : 2,\n  \"serial\" : 2\n")
        guard case .wrongShape(let reason) = try damage(of: bytes) else {
            Issue.record("\(try damage(of: bytes))")
            return
        }
        #expect(reason.contains("the key \"serial\" appears twice"))
    }

    @Test func aWrittenDocumentIsFaithful() throws {
        let bytes = try encoded(.runFailed)
        #expect(try format.isFaithful(format.decode(bytes), to: bytes))
    }

    @Test(arguments: [
        nil, "", "a \"quoted\" \\ back \\\" slash", "{ \"event\" : { } }", "\n  \"event\" : {\n  }",
        "José  \u{1F600}\t\u{1}",
        "ends with \\",
    ])
    func theHistoryLineInADocumentIsTheOneThatIsWritten(_ reason: String?) throws {
        let stored = try Sample.stored(.runFailed)
        let event = HistoryEvent(
            command: .run, commandID: .random(), change: .transition(from: nil, to: .running), reason: reason)
        for missed in [[], [event], [event, event]] {
            let line = HistoryLine(serial: 7, event: event, previous: nil, missed: missed)
            let bytes = try format.encode(
                StoredEnvironment(
                    document: stored.document, lineage: .random(), serial: 7, savedAt: .now(), line: line))
            #expect(try format.line(in: bytes) == line.text())
        }
    }

    @Test func noHistoryLineIsTakenFromADocumentThatIsDamagedOrOfAnotherForm() throws {
        let whole = try String(decoding: encoded(), as: UTF8.self)
        #expect(format.line(in: Array(whole.utf8)) != nil)
        #expect(format.line(in: Array(whole.dropLast().utf8)) == nil, "the checksum is another")
        #expect(try format.line(in: resealed(whole, "  \"event\" : {", "\"event\" : {")) == nil)
        #expect(try format.line(in: resealed(whole, "\n", " ")) == nil)
        #expect(format.line(in: []) == nil)
    }

    @Test func aDocumentThatCannotBeEncodedIsAnError() throws {
        let format = DocumentFormat<NeverEncoded>(documentKey: "document")
        let stored = StoredDocument(
            document: NeverEncoded(), lineage: .random(), serial: 1, savedAt: .now(), line: try Sample.stored().line)
        #expect(throws: EncodingError.self) { try format.encode(stored) }
    }

    @Test func aDocumentThatDoesNotComeBackAsItWasIsAnError() throws {
        let format = DocumentFormat<Forgetful>(documentKey: "document")
        let stored = StoredDocument(
            document: Forgetful(number: 1), lineage: .random(), serial: 1, savedAt: .now(),
            line: try Sample.stored().line)
        #expect(throws: EncodingError.self) { try format.encode(stored) }
    }
}

/// A document's text with another part and the right checksum for that.
func resealed(_ text: String, _ part: String, _ replacement: String) throws -> [UInt8] {
    let changed = text.replacingOccurrences(of: part, with: replacement)
    try #require(changed != text)
    let start = "{\n  \"checksum\" : \"".utf8.count
    let covered = Array(changed.utf8.dropFirst(start + 15 + 2))
    return Array(changed.utf8.prefix(start)) + Array("\(Checksum(of: covered))\",".utf8) + covered
}

struct NeverEncoded: Codable, Hashable {
    func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "never"))
    }
}

struct Forgetful: Codable, Hashable {
    var number: Int
    init(number: Int) { self.number = number }
    init(from decoder: any Decoder) throws { number = 0 }
    func encode(to encoder: any Encoder) throws { try ["number": number].encode(to: encoder) }
}
