import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Synchronization
import Testing

@testable import Persistence

/// Tests of saves that overlap, and of the threads that they run on.
@Suite("Saves under one lease", .silentLog)
struct ConcurrentSaveTests {
    /// A log in memory whose appends follow a script.
    private final class ScriptedLog: LogSource, HeldLog {
        enum Part { case work, fail, wait }

        let location = "a log in a test"
        /// The stream that reports that an append waits.
        let waiting = AsyncStream<Void>.makeStream()
        /// The stream that lets the waiting append continue.
        let end = AsyncStream<Void>.makeStream()
        private let lines = Mutex<[LogLine]>([])
        private let script: Mutex<[Part]>

        init(_ script: [Part]) { self.script = Mutex(script) }

        var evidence: Evidence {
            get async {
                let newest = lines.withLock(\.last)
                return Evidence(log: newest.map { .whole($0) } ?? .missing, checkpoint: .missing)
            }
        }

        func newestLine() async -> LogLine? { lines.withLock(\.last) }
        func evidence() async -> Evidence { await evidence }
        func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError) {}
        func recoverable() async -> [Evidence.Record] { [] }
        func hold(_ holder: LeaseHolder, timeout: Duration) async -> any HeldLog { self }

        func append(
            _ object: [UInt8], lineage: Lineage, atLeast serial: Int
        ) async throws(RepositoryError) -> LogLine {
            switch script.withLock({ $0.removeFirst() }) {
            case .work: break
            case .fail: throw RepositoryError(.writeStateFailed, "The disk is full.")
            case .wait:
                waiting.continuation.yield()
                for await _ in end.stream { break }
            }
            return lines.withLock { lines in
                lines.append(LogLine(after: lines.last, lineage: lineage.text, atLeast: serial, object: object))
                return lines[lines.count - 1]
            }
        }

        func begin(with line: LogLine, older: [[UInt8]]) async {}
        func refreshCheckpoint() async {}
        func note(_ holder: LeaseHolder) async {}
        func remove(keepingFiles: Bool) async {}
        func release() async {}
    }

    @Test("An event whose save fails during another save is in the next line, once")
    func overlapping() async throws {
        let log = ScriptedLog([.wait, .fail, .work, .work])
        let document = LoggedDocument<[String]>(
            name: "note", source: log, format: LineFormat(documentKey: "document"), emergencyRecords: nil,
            metrics: WriteMetrics(), lockTimeout: .zero)
        let lease = try await document.acquire(LeaseHolder(), run: CommandRun())
        let first = Task { try await lease.save(["1"], reason: "first") }
        for await _ in log.waiting.stream { break }
        _ = try await refusal { try await lease.save(["2"], reason: "second") }
        log.end.continuation.yield()
        #expect(try await first.value.line?.missed == [])
        #expect(try await lease.save(["3"], reason: "third").line?.missed.map(\.reason) == ["second"])
        #expect(try await lease.save(["4"], reason: "fourth").line?.missed == [])
    }

    @Test("Work under a lease runs on threads that may block, and a save does not change threads")
    func oneThread() async throws {
        try await withFileRepository { files in
            try await files.repository.withLease(files.name, for: .save) { lease in
                #expect(BlockingExecutor.isCurrent)
                let before = Self.thread()
                for _ in 0..<20 { try await lease.save(Sample.next(), event: Sample.transition()) }
                #expect(Self.thread() == before)
            }
        }
    }

    private static func thread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }
}
