import Foundation
import OperatingSystem
import Testing

@testable import Commands

@Suite("A step's log")
struct StepLogTests {
    private static let limit = 64 << 10

    private func append(_ text: String, to path: String) throws {
        try OpenFile(path, .appendCreating).write(Array(text.utf8))
    }

    /// Returns numbered lines of 16 bytes.
    private func lines(_ range: Range<Int>) -> String {
        range.map { String(format: "line %010d\n", $0) }.joined()
    }

    @Test("keeps everything up to its limit", arguments: [0, 1, 4096])
    func small(count: Int) async throws {
        try await withTemporaryFolder { folder in
            try append(lines(0..<count), to: "\(folder)/a.log")
            let log = StepLog(folder: folder, name: "a.log", limit: Self.limit)
            log.bound()
            log.shorten()
            #expect(try read("\(folder)/a.log") == lines(0..<count))
        }
    }

    @Test("keeps its beginning and its end, and says how much is omitted", arguments: [true, false])
    func long(isBounded: Bool) async throws {
        try await withTemporaryFolder { folder in
            let log = StepLog(folder: folder, name: "a.log", limit: Self.limit)
            for part in 0..<100 {
                try append(lines(part * 1000..<(part + 1) * 1000), to: "\(folder)/a.log")
                if isBounded { log.bound() }
            }
            log.shorten()
            let text = try read("\(folder)/a.log")
            let leftOut = 1_600_000 - Self.limit
            let mark = "\n[… \(leftOut) bytes of output were left out here: a step's log keeps its first and its last"
            #expect(text.hasPrefix(lines(0..<2048) + mark))
            #expect(text.hasSuffix(lines(97_952..<100_000)))
            #expect(text.utf8.count < Self.limit + 200)
            #expect(names(in: folder) == ["a.log"])
            #expect(try mode("\(folder)/a.log") == 0o600)
        }
    }

    @Test(
        "of a later attempt continues the shortened log, and counts all omitted lines", arguments: [true, false])
    func attempts(isBounded: Bool) async throws {
        try await withTemporaryFolder { folder in
            for _ in 0..<3 {
                let log = StepLog(folder: folder, name: "a.log", limit: Self.limit)
                try append(lines(0..<10_000), to: "\(folder)/a.log")
                if isBounded { log.bound() }
                log.shorten()
            }
            let text = try read("\(folder)/a.log")
            #expect(text.contains("\n[… \(480_000 - Self.limit) bytes of output were left out here"))
            #expect(text.components(separatedBy: "left out here").count == 2)
            #expect(text.hasSuffix(lines(7952..<10_000)))
        }
    }

    @Test("needs no more disk space while its program writes, and is read without its hole")
    func room() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.log"
            let log = StepLog(folder: folder, name: "a.log", limit: Self.limit)
            for part in 0..<1000 {
                try append(lines(part * 1000..<(part + 1) * 1000), to: path)
                log.bound()
            }
            let status = try OpenFile(path, .read).status()
            #expect(status.size == 16_000_000)
            let holds = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            #expect(holds == 16_000_000)
            let blocks = try URL(filePath: path).resourceValues(forKeys: [.fileAllocatedSizeKey]).fileAllocatedSize
            if let blocks, blocks > 0 { #expect(blocks < 4_000_000) }
            let shown = try #require(try StepLogFile(path).lines())
            #expect(shown.count < 10_000)
            #expect(shown.first == "line 0000000000" && shown.last == "line 0000999999")
            #expect(shown.contains { $0.contains("bytes of output were left out here") })
            #expect(!shown.contains { $0.contains("\0") || $0.hasPrefix("  ") })
        }
    }

    @Test("accepts lines of this process after it was shortened")
    func appending() async throws {
        try await withTemporaryFolder { folder in
            let log = StepLog(folder: folder, name: "a.log", limit: Self.limit)
            log.append("first")
            try append(lines(0..<10_000), to: "\(folder)/a.log")
            log.shorten()
            log.append("last")
            let text = try read("\(folder)/a.log")
            #expect(text.hasPrefix("first\n") && text.hasSuffix("line 0000009999\nlast\n"))
        }
    }

    @Test(
        "gives its last lines from its end",
        arguments: [
            ("", 5, []), ("a\nb\nc", 2, ["b", "c"]), ("a\nb\nc\n", 2, ["b", "c"]), ("a\n\n", 2, ["a", ""]),
            ("a\nb\n", 5, ["a", "b"]), ("a\nb\n", 0, []), ("one\u{1B}[2J\n", 1, ["one"]),
        ])
    func last(text: String, count: Int, expected: [String]) async throws {
        try await withTemporaryFolder { folder in
            try write(text, to: "\(folder)/a.log")
            #expect(try StepLogFile("\(folder)/a.log").lines(last: count) == expected)
            #expect(try StepLogFile("\(folder)/b.log").lines(last: count) == nil)
            #expect(try StepLogFile("\(folder)/b.log").lines() == nil)
        }
    }

    @Test("gives the last lines of a file that is far larger than the memory it takes")
    func lastOfHuge() async throws {
        try await withTemporaryFolder { folder in
            // The file has a hole of a terabyte, which would take too long to read.
            let path = "\(folder)/a.log"
            let file = try OpenFile(path, .readWriteCreating)
            try file.overwrite(Array("\none\ntwo\n".utf8), at: 1 << 40)
            #expect(try StepLogFile(path).lines(last: 2) == ["one", "two"])
            // One line of 300 MB.
            try file.truncate(to: 300 << 20)
            let long = try #require(try StepLogFile(path).lines(last: 1))
            #expect(long.count == 1 && long[0].hasPrefix("(306184192 bytes before) …"))
        }
    }
}
