import DocumentStore
import Foundation
import OperatingSystem
import Testing

@Suite("The log of one document")
struct LogLeaseTests {
    @Test("A line is the same after parsing, pretty-printing and parsing again")
    func line() throws {
        let line = LogLine(
            serial: 31, lineage: DocumentPlace.lineage, previous: 0x0a1b_2c3d,
            object: Array(#"{"a":{},"b":[1,"x\" : {"]}"#.utf8))
        #expect(LogLine(line.bytes) == line)
        #expect(LogLine(pretty: line.pretty) == line)
        #expect(String(decoding: line.bytes.dropFirst(30), as: UTF8.self).hasPrefix(#""serial":31,"lineage":"8d0f"#))
        let json = try JSONSerialization.jsonObject(with: Data(line.pretty)) as? [String: Any]
        #expect(json?["previous"] as? String == "crc32c:0a1b2c3d")
    }

    @Test("A line with any byte changed is damaged")
    func everyByteCounts() {
        let line = LogLine(serial: 2, lineage: DocumentPlace.lineage, previous: 7, object: Array(#"{"a":1}"#.utf8))
        for index in line.bytes.indices {
            var bytes = line.bytes
            bytes[index] ^= 1
            #expect(LogLine(bytes) == nil, "byte \(index)")
        }
    }

    @Test("An appended line is the newest one for readers, during the lease and after it")
    func append() async throws {
        try await withPlace { place in
            try await place.withLease { lease in
                for number in 1...200 {
                    let line = try lease.append("\(number)")
                    #expect(line.serial == number)
                    #expect(try place.newestLine() == line)
                }
            }
            #expect(try place.newestLine()?.serial == 200)
            #expect(try place.serials() == Array(1...200))
            let checkpoint = try Data(contentsOf: URL(fileURLWithPath: place.checkpointPath))
            let newest = try place.newestLine()
            #expect(checkpoint == Data(newest?.pretty ?? []))
            try await place.withLease { lease in
                let serial = try lease.append("x").serial
                #expect(serial == 201)
            }
        }
    }

    @Test("Only the lock is created before the first save")
    func nothingMade() async throws {
        try await withPlace { place in
            try await place.withLease { _ in }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [DocumentPlace.lockName])
            guard case .nothing = Standing(try place.evidence()) else {
                _ = Issue.record("something is there")
                return
            }
        }
    }

    @Test("A save adds one line and grows the file only when its padding is used up")
    func padding() async throws {
        try await withPlace { place in
            try await place.withLease { lease in
                try lease.append("1")
                let size = try place.log.count
                #expect(size % 4096 == 0)
                for number in 2...20 { try lease.append("\(number)") }
                #expect(try place.log.count == size)
            }
        }
    }

    @Test("A truncated line is ignored, and the next lease appends before it", arguments: [1, 40, 100])
    func torn(cut: Int) async throws {
        try await withPlace { place in
            let (first, second) = try await place.withLease { lease in (try lease.append("1"), try lease.append("2")) }
            var log = Data(first.bytes + [10] + second.bytes.dropLast(cut))
            log.append(Data(repeating: 32, count: 5000))
            try place.setLog(log)
            try Data(first.pretty).write(to: URL(fileURLWithPath: place.checkpointPath))
            try place.abandon()
            #expect(try place.newestLine() == first)
            try await place.withLease { lease in
                let serial = try lease.append("3").serial
                #expect(serial == 2)
            }
            #expect(try place.serials() == [1, 2])
        }
    }

    @Test("A missing sector in the newest line makes it a torn line", arguments: [UInt8(0), 32])
    func missingSector(filler: UInt8) async throws {
        try await withPlace { place in
            let text = String(repeating: "x", count: 3000)
            let (first, second) = try await place.withLease { lease in (try lease.append("1"), try lease.append(text)) }
            var log = Data(first.bytes + [10] + second.bytes + [10])
            for index in 1024..<1536 { log[index] = filler }
            try place.setLog(log)
            #expect(try place.newestLine() == first)
        }
    }

    @Test("A complete newest line with wrong content is damaged")
    func damagedNewest() async throws {
        try await withPlace { place in
            let (first, second) = try await place.withLease { lease in (try lease.append("1"), try lease.append("2")) }
            var log = Data(first.bytes + [10] + second.bytes + [10])
            log[log.count - 10] ^= 1
            try place.setLog(log)
            guard case .damaged(.logDamaged(let newest)) = Standing(try place.evidence()) else {
                _ = Issue.record("no damage")
                return
            }
            #expect(newest == first)
            await #expect(throws: StoreError.self) { try await place.withLease { try $0.append("3") } }
            #expect(try place.log == log)
        }
    }

    @Test("The log is rotated by size and by number, and no line is lost")
    func rotation() async throws {
        for retention in [LogRetention(fileSize: 40_000), LogRetention(statesPerFile: 7)] {
            try await withPlace(retention: retention) { place in
                try await place.withLease { lease in
                    for number in 1...60 { try lease.append(String(repeating: "x", count: 1000) + "\(number)") }
                }
                #expect(try place.serials() == Array(1...60))
                #expect(FileManager.default.fileExists(atPath: place.logPath + ".1"))
                try await place.withLease { lease in
                    let serial = try lease.append("x").serial
                    #expect(serial == 61)
                }
            }
        }
    }

    @Test("A rotation that is interrupted between link and rename loses and repeats nothing")
    func cutRotation() async throws {
        try await withPlace(retention: LogRetention(statesPerFile: 3)) { place in
            try await place.withLease { lease in for number in 1...3 { try lease.append("\(number)") } }
            try FileManager.default.linkItem(atPath: place.logPath, toPath: place.logPath + ".1")
            try place.abandon()
            try await place.withLease { lease in for number in 4...5 { try lease.append("\(number)") } }
            #expect(try place.serials() == Array(1...5))
        }
    }

    @Test("Older files lose first the states between lasting ones, then all states, until the log is small enough")
    func retention() async throws {
        let path = "/tmp/document-store-tests-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let place = DocumentPlace(
            path: path, name: "it", retention: LogRetention(fileSize: 20_000, totalSize: 60_000),
            isLasting: { $0.serial % 10 == 0 })
        try await place.withLease { lease in
            for number in 1...200 { try lease.append(String(repeating: "x", count: 1000) + "\(number)") }
        }
        let serials = try place.serials()
        #expect(serials.suffix(10) == Array(191...200))
        #expect(serials.first { $0 < 100 }.map { $0 % 10 == 0 } ?? true)
        #expect(serials.contains { $0 % 10 == 0 && $0 < 150 })
        #expect(serials.count < 100)
    }

    @Test(
        "After any change to the log of a held document, the next save is refused and changes nothing",
        arguments: [
            "removed", "replaced", "appended", "edited",
        ])
    func conflict(how: String) async throws {
        try await withPlace { place in
            let lease = try await place.lease()
            defer { lease.release() }
            try lease.append("1")
            var log = try place.log
            switch how {
            case "removed": try FileManager.default.removeItem(atPath: place.logPath)
            case "replaced":
                try FileManager.default.removeItem(atPath: place.logPath)
                try place.setLog(log)
            case "appended":
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place.logPath))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data("x\n".utf8))
            default:
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place.logPath))
                log[60] ^= 1
                try handle.write(contentsOf: log)
            }
            let before = try? place.log
            let error = #expect(throws: StoreError.self) { try lease.append("2") }
            #expect(error?.code == .conflict)
            #expect((try? place.log) == before)
        }
    }

    @Test("A file that is changed while its replacement is written is not replaced")
    func changedMeanwhile() async throws {
        try await withPlace { place in
            let folder = try LogLease.makeFolder(place) { _ in }
            try folder.put(Array("old".utf8), at: "file")
            let isPut = try folder.put(Array("new".utf8), at: "file") { () throws(SystemError) in
                try folder.put(Array("edited".utf8), at: "file")
                return false
            }
            #expect(!isPut)
            #expect(try folder.open("file", .read).read() == Array("edited".utf8))
            #expect(try folder.names() == ["file"])
        }
    }

    @Test("A removed lock file ends every save")
    func lockLost() async throws {
        try await withPlace { place in
            let lease = try await place.lease()
            defer { lease.release() }
            try lease.append("1")
            try FileManager.default.removeItem(atPath: place.lockPath)
            #expect(throws: StoreError.self) { try lease.append("2") }
            #expect(try place.serials() == [1])
        }
    }

    @Test("After a crash of the holder, the newest line is written to a new file")
    func rewritten() async throws {
        try await withPlace { place in
            try await place.withLease { lease in for number in 1...3 { try lease.append("\(number)") } }
            let before = try Folder(place.path).identity(of: DocumentPlace.logName)
            try place.abandon()
            let events = Events()
            let lease = try await place.lease(events)
            lease.release()
            #expect(try Folder(place.path).identity(of: DocumentPlace.logName)?.inode != before?.inode)
            #expect(try place.serials() == [1, 2, 3])
            #expect(events.all.contains { if case .lockTakenOver = $0 { true } else { false } })
        }
    }

    @Test("Removing a document leaves only the lock")
    func remove() async throws {
        try await withPlace { place in
            try await place.withLease { lease in
                try lease.append("1")
                try lease.removeAll([])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [DocumentPlace.lockName])
        }
    }

    @Test("Two leases of one document never overlap")
    func exclusive() async throws {
        try await withPlace { place in
            try await place.withLease { _ in
                let error = await #expect(throws: StoreError.self) { try await place.lease() }
                guard case .locked(let record?, waited: .zero) = error?.code else {
                    _ = Issue.record("\(String(describing: error))")
                    return
                }
                #expect(record.starts(with: DocumentPlace.record))
            }
        }
    }
}
