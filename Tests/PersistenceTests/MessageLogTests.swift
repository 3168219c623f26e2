import EnvironmentDomain
import EnvironmentRepositoryConformance
import Persistence
import Synchronization
import Testing

@Suite("A message log", .silentLog)
struct MessageLogTests {
    @Test("in memory keeps every promise", arguments: MessageLogConformance.checks)
    func memory(_ check: MessageLogCheck) async throws {
        try await check.run { InMemoryMessageLog<String>() }
    }

    @Test("in files keeps every promise", arguments: MessageLogConformance.checks)
    func files(_ check: MessageLogCheck) async throws {
        try await withTemporaryFolder { folder in
            try await check.run {
                AppendLog<String>(
                    folder: try AbsolutePath(folder), name: "log.jsonl", isDurable: false, lockTimeout: .seconds(540))
            }
        }
    }

    @Test("that breaks a promise is detected", arguments: MessageLogConformance.checks)
    func flawed(_ check: MessageLogCheck) async throws {
        let flaw = try #require(FlawedMessageLog.Flaw(rawValue: check.promise))
        let error = await #expect(throws: BrokenPromise.self) { try await check.run { FlawedMessageLog(flaw) } }
        #expect(error?.promise == check.promise)
    }

    @Test("in files has all or none of the messages of an append that a crash truncated", arguments: 0...40)
    func cut(_ length: Int) async throws {
        try await withTemporaryFolder { folder in
            let log = AppendLog<String>(folder: try AbsolutePath(folder), name: "log.jsonl", isDurable: false)
            try await log.append("before")
            let size = try bytes(folder + "/log.jsonl").count
            try await log.append(contentsOf: ["one", "two", "three, the last"])
            try overwrite(folder + "/log.jsonl", try bytes(folder + "/log.jsonl").prefix(size + length))
            let whole = #" ["one","two","three, the last"]"#.utf8.count + 1
            let all = ["one", "two", "three, the last"]
            #expect(try await log.read().messages == ["before"] + (length < whole ? [] : all))
            // The next append completes a line that lacks only its newline.
            try await log.append("after")
            #expect(try await log.read().messages == ["before"] + (length < whole - 1 ? [] : all) + ["after"])
        }
    }

    @Test("of messages that are lists themselves distinguishes one from several")
    func lists() async throws {
        try await withTemporaryFolder { folder in
            let log = AppendLog<[String]>(folder: try AbsolutePath(folder), name: "log.jsonl", isDurable: false)
            try await log.append(["a", "b"])
            try await log.append(contentsOf: [["c"], []])
            #expect(try await log.read().messages == [["a", "b"], ["c"], []])
        }
    }
}

/// A log that breaks one promise.
private final class FlawedMessageLog: MessageLog {
    enum Flaw: String {
        case inventsMessages = "A log that was never written is empty"
        case trimsTexts = "Messages are read as they were written, in their order"
        case reversesBatches = "Messages that are appended together are behind all others, in their order"
        case countsEmptyAppends = "An append of no messages changes nothing"
        case losesAppends = "Of appends at the same time none is lost, and those of one task keep their order"
        case splitsBatches = "Messages that are appended together stay together"
        case doesNotRemove = "A log that was removed is empty and can be written again"
    }

    private let flaw: Flaw
    private let messages: Mutex<[String]>

    init(_ flaw: Flaw) {
        self.flaw = flaw
        messages = Mutex(flaw == .inventsMessages ? ["invented"] : [])
    }

    func append(contentsOf new: [String]) async throws(RepositoryError) {
        messages.withLock { messages in
            switch flaw {
            case .trimsTexts: messages += new.map { $0.split(separator: " ").joined(separator: " ") }
            case .reversesBatches: messages += new.reversed()
            case .countsEmptyAppends: messages += new.isEmpty ? [""] : new
            case .losesAppends: if messages.count < 100 { messages += new }
            case .splitsBatches: messages.insert(contentsOf: new, at: messages.count - min(1, messages.count))
            case .inventsMessages, .doesNotRemove: messages += new
            }
        }
    }

    func read() async throws(RepositoryError) -> MessageLogContents<String> {
        MessageLogContents(messages: messages.withLock(\.self))
    }

    func remove() async throws(RepositoryError) {
        if flaw != .doesNotRemove { messages.withLock { $0 = [] } }
    }
}
