import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// The history file: one line a save, in step with the state file after any crash.
@Suite(.silentLog)
struct HistoryTests {
    /// Takes and gives back a lease, which is when the history is completed.
    private func mend(_ files: TestFiles) async throws -> [LogRecord] {
        let log = LogCollector()
        try await log.collect { await (try files.lease()).release() }
        return log.records(.warning)
    }

    private func serials(_ files: TestFiles) throws -> [Int] {
        try files.historyLines().map { try HistoryLine(text: $0.utf8).serial }
    }

    @Test func everySaveIsOneLineAndEveryLineNamesTheChecksumOfTheOneBefore() async throws {
        try await withFileRepository { files in
            try await files.save(20)
            try await files.repository.withLease(files.name, for: .run) { lease in
                for _ in 0..<10 { try await lease.save(Sample.next(), event: Sample.transition()) }
            }
            let texts = try files.historyLines()
            let lines = try texts.map { try HistoryLine(text: $0.utf8) }
            #expect(lines.map(\.serial) == Array(1...30))
            #expect(lines.map(\.previous) == [nil] + texts.dropLast().map { Checksum(of: Array($0.utf8)) })
        }
    }

    @Test func theNewestLineIsTheEventInTheStateFile() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let line = try #require(try files.historyLines().last)
            #expect(try HistoryLine(text: line.utf8) == files.repository.load(files.name)?.line)
        }
    }

    @Test(arguments: [
        (#""from":null,"serial":1,"to":"created""#, HistoryEvent.Change.transition(from: nil, to: .created)),
        (#""from":"created","serial":1,"to":"destroyed""#, .transition(from: .created, to: .destroyed)),
        (#""serial":1"#, .saved),
    ])
    func aLineIsOneSortedObjectAndIsReadBack(_ members: String, _ change: HistoryEvent.Change) throws {
        try expect(members, for: change)
    }

    @Test(arguments: [StepEvent.started, .completed, .failed, .interrupted])
    func theLineOfAStepNamesItAndWhatHappenedToIt(_ event: StepEvent) throws {
        try expect(
            #""event":"\#(event.rawValue)","serial":1,"step":"copy""#, for: .step(StepName("copy"), event))
    }

    private func expect(_ members: String, for change: HistoryEvent.Change) throws {
        let id = String(repeating: "c0", count: 16)
        let event = HistoryEvent(
            at: try Timestamp("2026-11-20T22:19:01.123Z"), command: .create, commandID: try CommandID(id),
            change: change)
        let line = HistoryLine(serial: 1, event: event, previous: nil, missed: [])
        let start = #"{"at":"2026-11-20T22:19:01.123Z","command":"create","command_id":"\#(id)","#
        #expect(try String(decoding: line.text(), as: UTF8.self) == start + members + "}")
        #expect(try HistoryLine(text: line.text()) == line)
    }

    @Test func aTornLineIsKeptAsideAndWrittenAnew() async throws {
        try await withFileRepository { files in
            try await files.save(4)
            let whole = try bytes(files.history)
            try overwrite(files.history, whole.dropLast(9))
            let warnings = try await mend(files)
            #expect(try bytes(files.history) == whole)
            #expect(try text(files.history + ".torn").hasPrefix("{\"at\""))
            #expect(warnings.contains { $0.message.contains("torn line") })
        }
    }

    @Test(arguments: 0...6)
    func linesThatACrashKeptFromTheHistoryAreBroughtIn(_ count: Int) async throws {
        try await withFileRepository { files in
            try await files.save(8)
            let whole = try bytes(files.history)
            let kept = try files.historyLines().dropLast(count)
            try overwrite(files.history, Array(kept.map { $0 + "\n" }.joined().utf8))
            _ = try await mend(files)
            #expect(try bytes(files.history) == whole)
        }
    }

    @Test func linesThatNothingHoldsAnyMoreAreReportedOnce() async throws {
        try await withFileRepository { files in
            try await files.save(12)
            try FileManager.default.removeItem(atPath: files.history)
            let warnings = try await mend(files).filter { $0.message.contains("lost") }
            #expect(warnings.map(\.message) == ["history lines 1 to 6 are lost: no backup holds them any more"])
            #expect(try serials(files) == Array(7...12))
        }
    }

    @Test func aDamagedLastLineDoesNotRepeatTheOthers() async throws {
        try await withFileRepository { files in
            try await files.save(4)
            var whole = try bytes(files.history)
            whole[whole.count - 3] = 0
            try overwrite(files.history, whole)
            _ = try await mend(files)
            let lines = try files.historyLines().map { try? HistoryLine(text: $0.utf8).serial }
            #expect(lines == [1, 2, 3, nil, 4])
        }
    }

    @Test func aHistoryThatIsAheadOfTheStateIsReportedAndLeftAlone() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let whole = try bytes(files.history)
            try overwrite(files.state, bytes(files.backup(1)))
            let warnings = try await mend(files)
            #expect(warnings.contains { $0.message.contains("ahead of the state file") })
            #expect(try bytes(files.history) == whole)
        }
    }

    @Test func theHistoryOfAnEarlierEnvironmentIsSetAside() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let whole = try bytes(files.history)
            try FileManager.default.removeItem(atPath: files.state)
            try await files.save()
            let aside = try names(in: files.environmentFolder).filter { $0.hasPrefix("history.jsonl.") }
            #expect(aside.count == 1)
            #expect(try aside.map { try bytes(files.environmentFolder + "/" + $0) } == [whole])
            #expect(try serials(files) == [1])
        }
    }

    @Test func aHistoryThatCannotBeWrittenDoesNotFailTheSaveAndIsCompletedLater() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let before = try bytes(files.history)
            try FileManager.default.removeItem(atPath: files.history)
            try await shell("mkdir \(files.history)")
            try await files.save()
            #expect(try files.repository.load(files.name)?.serial == 3)
            try await shell("rmdir \(files.history)")
            try overwrite(files.history, before)
            _ = try await mend(files)
            #expect(try serials(files) == [1, 2, 3])
        }
    }

    @Test func aLineThatCouldNotBeWrittenFollowsWithTheNextSave() async throws {
        try await withFileRepository { files in
            try await files.save()
            let before = try bytes(files.history)
            try await files.repository.withLease(files.name, for: .run) { lease in
                try FileManager.default.removeItem(atPath: files.history)
                try await shell("mkdir \(files.history)")
                try await lease.save(Sample.next(), event: Sample.transition())
                try await shell("rmdir \(files.history)")
                try overwrite(files.history, before)
                try await lease.save(Sample.next(), event: Sample.transition())
            }
            #expect(try serials(files) == [1, 2, 3])
        }
    }

    @Test func theTailOfALargeHistoryIsFound() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let whole = try bytes(files.history)
            let padding = Array(repeating: Array(#"{"padding":true}"#.utf8) + [10], count: 200_000).flatMap(\.self)
            try overwrite(files.history, padding + whole)
            let tail = try HistoryFile(folder: Folder(files.environmentFolder), rotation: LogRotation()).tail()
            #expect(tail?.newest?.serial == 2)
            #expect(tail?.tornAt == padding.count + whole.count)
        }
    }

    @Test func anEmptyHistoryHasNoNewestLine() async throws {
        try await withFileRepository { files in
            try await files.save()
            try overwrite(files.history, [])
            let tail = try HistoryFile(folder: Folder(files.environmentFolder), rotation: LogRotation()).tail()
            #expect(tail?.newest == nil)
            #expect(tail?.torn == [])
        }
    }
}
