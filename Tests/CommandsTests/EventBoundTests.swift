import Foundation
import OperatingSystem
import Synchronization
import Testing

@testable import Commands

@Suite("A tool's file of events")
struct EventBoundTests {
    private static let limit = 1 << 20

    /// Returns a line of 4096 bytes: `k` for one that is kept, `r` for one that is read, `p` for one that is useful
    /// only while it is new.
    private func line(_ kind: Character, _ number: Int) -> String {
        let start = "\(kind)\(number) "
        return start + String(repeating: "x", count: 4095 - start.utf8.count) + "\n"
    }

    private static func weight(_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight {
        switch line.first {
        case UInt8(ascii: "k"): .kept
        case UInt8(ascii: "r"): .read
        default: .passing
        }
    }

    /// Follows a complete file, or one that grows line by line; returns the beginnings of the lines that were read, and
    /// the final file.
    private func follow(_ lines: [String], isGrowing: Bool) async throws -> (read: [String], file: [String]) {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.jsonl"
            let read = Mutex<[String]>([])
            var bound = EventBound(path, limit: Self.limit, weigh: Self.weight)
            var reader = LineReader(path: path)
            let file = try OpenFile(path, .appendCreating)
            for part in isGrowing ? lines.map({ [$0] }) : [lines] {
                try file.write(Array(part.joined().utf8))
                let size = bound.size
                while try reader.read({ line, leftOut in
                    guard bound.isToBeRead(line, leftOut, size: size) else { return }
                    read.withLock { $0.append(String(decoding: line.prefix { $0 != 32 }, as: UTF8.self)) }
                }) {}
                bound.bound()
            }
            bound.shorten()
            #expect(names(in: folder) == ["a.jsonl"])
            #expect(try mode(path) == 0o600)
            return (read.withLock(\.self), try beginnings(path))
        }
    }

    private func beginnings(_ path: String) throws -> [String] {
        try read(path).split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    }

    @Test("is unchanged up to a limit", arguments: [true, false])
    func small(isGrowing: Bool) async throws {
        let lines = (0..<256).map { line("p", $0) }
        let (read, file) = try await follow(lines, isGrowing: isGrowing)
        #expect(read == (0..<256).map { "p\($0)" } && file == read)
    }

    @Test("omits only lines that nothing depends on after the limit", arguments: [true, false])
    func long(isGrowing: Bool) async throws {
        let kinds: [Character] = ["p", "r"]
        var lines: [String] = []
        for round in 0..<4 {
            lines.append(line("k", round))
            lines += (0..<1000).map { line(kinds[round % 2], round * 1000 + $0) }
        }
        lines.append(line("k", 4))
        let (read, file) = try await follow(lines, isGrowing: isGrowing)
        let first = (0..<255).map { "p\($0)" }
        #expect(Array(read.prefix(256)) == ["k0"] + first)
        #expect(read.filter { $0.hasPrefix("k") } == (0..<5).map { "k\($0)" })
        #expect(read.count { $0.hasPrefix("r") } == 2000)
        // Of lines that are written at once, only the newest are read, and none of these is among them.
        #expect(read.count { $0.hasPrefix("p") } == (isGrowing ? 2000 : 255))
        let mark = "{\"@message\":\"4096000"
        #expect(file == ["k0"] + first + ["{\"@message\":\"\(745 * 4096)", "k1", mark, "k2", mark, "k3", mark, "k4"])
    }

    @Test("needs no more disk space while its tool writes")
    func room() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.jsonl"
            var bound = EventBound(path, limit: Self.limit, weigh: Self.weight)
            let file = try OpenFile(path, .appendCreating)
            for part in 0..<16 {
                for number in 0..<1000 {
                    let text = Array(line("p", part * 1000 + number).utf8)
                    try file.write(text)
                    _ = bound.isToBeRead(text.dropLast(), 0, size: bound.size)
                }
                bound.bound()
            }
            let blocks = try URL(filePath: path).resourceValues(forKeys: [.fileAllocatedSizeKey]).fileAllocatedSize
            #expect(try file.status().size == 16_000 * 4096)
            if let blocks, blocks > 0 { #expect(blocks < 16 << 20) }
        }
    }
}
