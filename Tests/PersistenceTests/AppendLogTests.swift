import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

/// Tests of the log that several processes append to.
@Suite(.silentLog)
struct AppendLogTests {
    private func log(
        _ folder: String, rotation: LogRotation? = nil, timeToLive: Duration? = nil, later: Duration = .zero
    ) throws -> AppendLog<String> {
        AppendLog(
            folder: try AbsolutePath(folder + "/logs"), name: "log.jsonl", rotation: rotation, timeToLive: timeToLive,
            isDurable: false,
            now: {
                Timestamp(
                    millisecondsSince1970: Timestamp.now().millisecondsSince1970 + later.components.seconds * 1000)
            })
    }

    @Test func aLogThatIsNotThereIsEmptyAndIsNotMade() async throws {
        try await withTemporaryFolder { folder in
            let contents = try await log(folder).read()
            #expect(contents.messages == [] && contents.damaged == [])
            #expect(!exists(folder + "/logs"))
        }
    }

    @Test func elementsComeBackInTheirOrder() async throws {
        try await withTemporaryFolder { folder in
            let log = try log(folder)
            let elements = ["first", "with \"quotes\" and\nnewlines\r\u{2028}", "", "🙂"]
            for element in elements { try await log.append(element) }
            #expect(try await log.read().messages == elements)
            #expect(try text(folder + "/logs/log.jsonl").split(separator: "\n").count == 4)
        }
    }

    @Test func theFilesAreReadableByTheirOwnerOnly() async throws {
        try await withTemporaryFolder { folder in
            try await log(folder).append("a")
            for name in try names(in: folder + "/logs") {
                #expect(try status("\(folder)/logs/\(name)")?.mode == 0o600, "\(name)")
            }
            #expect(try status(folder + "/logs")?.mode == 0o700)
        }
    }

    @Test func aDamagedLineIsReportedWithItsNumberAndSkipped() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/logs/log.jsonl"
            let log = try log(folder)
            for element in ["a", "b", "c"] { try await log.append(element) }
            try overwrite(path, try text(path).replacing("\"b\"", with: "\"b").utf8)
            let collector = LogCollector()
            let contents = try await collector.collect { try await log.read() }
            #expect(contents.messages == ["a", "c"])
            #expect(contents.damaged.map { "\($0.file ?? ""):\($0.number)" } == ["log.jsonl:2"])
            #expect(collector.records(.warning).map { [$0["path"], $0["line"]] } == [[path, "2"]])
        }
    }

    @Test func aTornLineDoesNotSwallowTheNext() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/logs/log.jsonl"
            let log = try log(folder)
            for element in ["a", "b"] { try await log.append(element) }
            try overwrite(path, bytes(path).dropLast(2))
            #expect(try await log.read().messages == ["a"])
            try await log.append("c")
            let contents = try await log.read()
            #expect(contents.messages == ["a", "c"])
            #expect(contents.damaged.map(\.number) == [2])
        }
    }

    @Test func aFullFileBecomesAnOlderOneAndTheOldestGoes() async throws {
        try await withTemporaryFolder { folder in
            let log = try log(folder, rotation: LogRotation(sizeLimit: 20, filesKept: 2))
            for number in 10..<30 { try await log.append("\(number)") }
            // Each line has five bytes, each file four lines, and there are three files.
            #expect(try await log.read().messages == (18..<30).map(String.init))
            #expect(try names(in: folder + "/logs") == ["log.jsonl", "log.jsonl.1", "log.jsonl.2", "log.jsonl.lock"])
        }
    }

    @Test func aFileOfTenMegabytesIsFullAndFiveOlderOnesAreKeptUnlessItIsSaidOtherwise() {
        #expect(LogRotation() == LogRotation(sizeLimit: 10 * 1024 * 1024, filesKept: 5))
    }

    @Test func aLineThatIsLongerThanAFileHasOneOfItsOwn() async throws {
        try await withTemporaryFolder { folder in
            let log = try log(folder, rotation: LogRotation(sizeLimit: 8, filesKept: 9))
            let elements = ["a", String(repeating: "b", count: 100), "c"]
            for element in elements { try await log.append(element) }
            #expect(try await log.read().messages == elements)
        }
    }

    @Test func afterItsTimeToLiveALogIsEmptyAndBeginsAnew() async throws {
        try await withTemporaryFolder { folder in
            try await log(folder, timeToLive: .seconds(3600)).append("old")
            #expect(try await log(folder, timeToLive: .seconds(3600)).read().messages == ["old"])
            let later = try log(folder, timeToLive: .seconds(3600), later: .seconds(3700))
            #expect(try await later.read().messages == [])
            try await later.append("new")
            #expect(try await log(folder).read().messages == ["new"])
        }
    }

    @Test func anAppendRefreshesTheTimeToLive() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/logs/log.jsonl"
            try await log(folder).append("old")
            try await shell("touch -d '50 minutes ago' \(path)")
            try await log(folder, timeToLive: .seconds(3600)).append("new")
            #expect(
                try await log(folder, timeToLive: .seconds(3600), later: .seconds(3000)).read().messages == [
                    "old", "new",
                ])
        }
    }

    @Test func aRemovedLogIsEmpty() async throws {
        try await withTemporaryFolder { folder in
            let log = try log(folder, rotation: LogRotation(sizeLimit: 8, filesKept: 3))
            for number in 0..<6 { try await log.append("\(number)") }
            try await log.remove()
            try await log.remove()
            #expect(try await log.read().messages == [])
            #expect(try names(in: folder + "/logs") == ["log.jsonl.lock"])
        }
    }

    @Test func ahundredAppendsAtOnceAreAllThere() async throws {
        try await withTemporaryFolder { folder in
            let log = try log(folder)
            try await withThrowingTaskGroup { group in
                for number in 100..<200 { group.addTask { try await log.append("\(number)") } }
                try await group.waitForAll()
            }
            #expect(try await log.read().messages.sorted() == (100..<200).map(String.init))
        }
    }

    @Test func linesOfEightProcessesAreWholeAndNoneIsLostOverRotations() async throws {
        try await withTemporaryFolder { folder in
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        let (end, output) = try await Probe.run(
                            [Probe.path, "append", folder + "/data", "writer-\(number)", "60"],
                            output: "\(folder)/output-\(number)")
                        #expect(end == .exited(0), "\(output)")
                    }
                }
                try await group.waitForAll()
            }
            let log = AppendLog<[String: String]>(
                folder: try AbsolutePath(folder + "/data"), name: "log.jsonl",
                rotation: LogRotation(sizeLimit: 20_000, filesKept: 100))
            let contents = try await log.read()
            #expect(contents.damaged == [])
            #expect(contents.messages.count == 480)
            #expect(try names(in: folder + "/data").count >= 4)
            for number in 0..<8 {
                let own = contents.messages.filter { $0["who"] == "writer-\(number)" }.compactMap { $0["number"] }
                #expect(own == (0..<60).map(String.init))
            }
        }
    }

    @Test func anAppendDoesNotReadWhatIsThere() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/logs/log.jsonl"
            let log = try log(folder)
            try await log.append("first")
            // A sparse terabyte, which would take too long to read.
            try await shell("truncate -s 1T \(path)")
            try await log.append("last")
            let tail = try OpenFile(path, .read).read(from: 1 << 40)
            #expect(String(decoding: tail, as: UTF8.self) == "\n\"last\"\n")
        }
    }

    @Test func aFolderInTheFilesPlaceIsAnError() async throws {
        try await withTemporaryFolder { folder in
            try await shell("mkdir -p \(folder)/logs/log.jsonl")
            let log = try log(folder)
            #expect(try await refusal { try await log.append("a") }.code == .writeStateFailed)
            #expect(try await refusal { try await log.read() }.code == .readStateFailed)
        }
    }
}
