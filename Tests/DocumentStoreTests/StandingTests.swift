import DocumentStore
import Foundation
import OperatingSystem
import Testing

@Suite("The standing of a document")
struct StandingTests {
    enum Answer: Equatable {
        case nothing, stored(Int), doubtful(Standing.Doubt), logMissing, onlyRecord, damaged(Int?), unusable
    }

    private static func answer(_ place: DocumentPlace) throws -> Answer {
        switch Standing(try place.evidence()) {
        case .nothing: .nothing
        case .stored(let line, nil): .stored(line.serial)
        case .stored(_, let doubt?): .doubtful(doubt)
        case .earlier: .nothing
        case .damaged(.logMissing): .logMissing
        case .damaged(.onlyRecord): .onlyRecord
        case .damaged(.logDamaged(let line)): .damaged(line?.serial)
        case .damaged(.logUnusable): .unusable
        }
    }

    @Test(
        "Each change of a stored document has the expected standing",
        arguments: [
            ("nothing is touched", Answer.stored(3)),
            ("checkpoint removed", .stored(3)),
            ("checkpoint older", .stored(3)),
            ("checkpoint edited", .doubtful(.checkpointEdited)),
            ("checkpoint emptied", .doubtful(.checkpointEdited)),
            ("checkpoint of another", .doubtful(.checkpointOfOtherLineage)),
            ("checkpoint a folder", .doubtful(.checkpointUnusable("is a folder, not a file"))),
            ("log older", .doubtful(.checkpointNewer(serial: 3))),
            ("log removed", .logMissing),
            ("log and checkpoint removed, keys left", .logMissing),
            ("log and checkpoint removed, a rotated log left", .logMissing),
            ("log and checkpoint removed, empty keys left", .nothing),
            ("log and checkpoint removed, keys a link", .logMissing),
            ("log emptied", .damaged(nil)),
            ("log blanked", .damaged(nil)),
            ("log a folder", .unusable),
            ("log a link", .unusable),
            ("newest line damaged", .damaged(2)),
            ("all lines damaged", .damaged(nil)),
            ("folder removed", .nothing),
            ("everything removed but the lock", .nothing),
        ])
    func touched(how: String, expected: Answer) async throws {
        try await withPlace { place in
            let files = FileManager.default
            var lines = try await place.withLease { lease in
                [try lease.append("1"), try lease.append("2"), try lease.append("3")]
            }
            func put(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: place.checkpointPath)) }
            func removeLog() throws { try files.removeItem(atPath: place.logPath) }
            switch how {
            case "checkpoint removed": try files.removeItem(atPath: place.checkpointPath)
            case "checkpoint older": try put(lines[1].pretty)
            case "checkpoint edited":
                try put(Array(String(decoding: lines[2].pretty, as: UTF8.self).replacing("\"3\"", with: "\"4\"").utf8))
            case "checkpoint emptied": try put([])
            case "checkpoint of another":
                try put(
                    LogLine(
                        serial: 2, lineage: String(repeating: "ab", count: 16), previous: nil,
                        object: Array(#"{"a":1}"#.utf8)
                    ).pretty)
            case "checkpoint a folder":
                try files.removeItem(atPath: place.checkpointPath)
                try files.createDirectory(atPath: place.checkpointPath, withIntermediateDirectories: false)
            case "log older": try place.setLog(Data(lines[0].bytes + [10]))
            case "log removed": try removeLog()
            case "log and checkpoint removed, keys left", "log and checkpoint removed, empty keys left":
                try removeLog()
                try files.removeItem(atPath: place.checkpointPath)
                try files.createDirectory(atPath: place.path + "/keys", withIntermediateDirectories: false)
                if !how.contains("empty") { try Data().write(to: URL(fileURLWithPath: place.path + "/keys/id")) }
            case "log and checkpoint removed, keys a link":
                try removeLog()
                try files.removeItem(atPath: place.checkpointPath)
                try files.createSymbolicLink(atPath: place.path + "/keys", withDestinationPath: "elsewhere")
            case "log and checkpoint removed, a rotated log left":
                try files.moveItem(atPath: place.logPath, toPath: place.logPath + ".1")
                try files.removeItem(atPath: place.checkpointPath)
            case "log emptied": try place.setLog(Data())
            case "log blanked": try place.setLog(Data(repeating: 32, count: 30_000))
            case "log a folder":
                try removeLog()
                try files.createDirectory(atPath: place.logPath, withIntermediateDirectories: false)
            case "log a link":
                try files.moveItem(atPath: place.logPath, toPath: place.path + "/elsewhere")
                try files.createSymbolicLink(atPath: place.logPath, withDestinationPath: "elsewhere")
            case "newest line damaged", "all lines damaged":
                var texts = lines.map(\.bytes)
                for index in how.hasPrefix("all") ? 0..<3 : 2..<3 { texts[index][50] ^= 1 }
                try place.setLog(Data(texts.joined(separator: [10])) + Data([10]))
            case "folder removed": try files.removeItem(atPath: place.path)
            case "everything removed but the lock":
                try removeLog()
                try files.removeItem(atPath: place.checkpointPath)
            default: break
            }
            lines.removeAll()
            #expect(try Self.answer(place) == expected)
        }
    }

    @Test("A newer record makes the standing doubtful, even without the document", arguments: [true, false])
    func record(isGone: Bool) async throws {
        try await withPlace { place in
            let record = Evidence.Record(path: "/records/it.9.json", serial: 9, lineage: DocumentPlace.lineage)
            if !isGone { try await place.withLease { try $0.append("1") } }
            var evidence = try place.evidence()
            evidence.records = [record]
            switch Standing(evidence) {
            case .damaged(.onlyRecord(record)): #expect(isGone)
            case .stored(_, .record(record)): #expect(!isGone)
            case let other: Issue.record("\(other)")
            }
        }
    }
}
