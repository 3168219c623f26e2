import Foundation
import OperatingSystem
import Testing

@testable import Commands

@Suite("Following a step's log")
struct StepLogFollowerTests {
    private func append(_ text: String, to path: String) throws {
        try OpenFile(path, .appendCreating).write(Array(text.utf8))
    }

    private func lines(_ range: Range<Int>) -> [String] { range.map { String(format: "line %010d", $0) } }

    private func text(_ range: Range<Int>) -> String { lines(range).map { $0 + "\n" }.joined() }

    @Test("reads each line once, when it is whole, and the rest at the end")
    func lines() async throws {
        try await withTemporaryFolder { folder in
            var follower = StepLogFollower("\(folder)/a.log")
            #expect(try follower.read().isEmpty)
            try append("one\ntw", to: "\(folder)/a.log")
            #expect(try follower.read() == ["one"])
            #expect(try follower.read().isEmpty)
            try append("o\nthree", to: "\(folder)/a.log")
            #expect(try follower.read() == ["two"])
            #expect(try follower.read(isEnded: true) == ["three"])
            #expect(try follower.read(isEnded: true).isEmpty)
        }
    }

    @Test("begins with the last lines of what is there")
    func last() async throws {
        try await withTemporaryFolder { folder in
            try append(text(0..<100), to: "\(folder)/a.log")
            var follower = StepLogFollower("\(folder)/a.log", last: 2)
            #expect(try follower.read() == lines(98..<100))
            try append("more\n", to: "\(folder)/a.log")
            #expect(try follower.read() == ["more"])
        }
    }

    @Test("repeats nothing of a log that is written again without its middle", arguments: [true, false])
    func shortened(isBounded: Bool) async throws {
        try await withTemporaryFolder { folder in
            let log = StepLog(folder: folder, name: "a.log", limit: 64 << 10)
            var follower = StepLogFollower("\(folder)/a.log")
            var seen: [String] = []
            for part in 0..<20 {
                try append(text(part * 1000..<(part + 1) * 1000), to: "\(folder)/a.log")
                seen += try follower.read()
                if isBounded { log.bound() }
            }
            log.shorten()
            seen += try follower.read()
            try append("next attempt\n", to: "\(folder)/a.log")
            seen += try follower.read(isEnded: true)
            #expect(seen.filter { $0.hasPrefix("line") } == lines(0..<20_000))
            #expect(seen.last == "next attempt")
        }
    }

    @Test("continues with a file that took the place of the log, and with one that was emptied")
    func replaced() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/a.log"
            try append("the first file\nunfinished", to: path)
            var follower = StepLogFollower(path)
            #expect(try follower.read() == ["the first file"])
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/a.log.1")
            try append("the second file\n", to: path)
            #expect(try follower.read() == ["unfinished", "the second file"])
            try FileManager.default.removeItem(atPath: path)
            #expect(try follower.read().isEmpty)
            try append("the third file, longer than the second\n", to: path)
            #expect(try follower.read() == ["the third file, longer than the second"])
            try OpenFile(path, .readWriteCreating).truncate(to: 0)
            try append("emptied\n", to: path)
            #expect(try follower.read() == ["emptied"])
        }
    }
}
