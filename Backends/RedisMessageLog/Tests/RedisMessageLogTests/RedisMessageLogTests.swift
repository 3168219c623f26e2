import EnvironmentDomain
import EnvironmentRepositoryConformance
import Foundation
import Synchronization
import Testing

@testable import RedisMessageLog

/// A message of a conversation.
private struct Message: Codable, Hashable {
    var role = "user"
    var text: String
}

/// Tests of the log on a real server.
@Suite(.enabled(if: TestServer.missing == nil, "a Redis server can be started"))
struct RedisMessageLogTests {
    private let server: TestServer

    init() async throws { server = try await TestServer() }

    private func log(_ key: String = "talk", timeToLive: Duration? = .seconds(3600)) throws -> RedisMessageLog<Message>
    {
        RedisMessageLog(try RedisServer(server.address), key: key, timeToLive: timeToLive, answerTimeout: .seconds(540))
    }

    @Test("A log on Redis keeps every promise", arguments: MessageLogConformance.checks)
    func promises(_ check: MessageLogCheck) async throws {
        try await check.run { [server] in
            RedisMessageLog<String>(
                try RedisServer(server.address), key: "promises", answerTimeout: .seconds(540))
        }
    }

    @Test("Messages that are appended together are sent with one command")
    func oneCommand() async throws {
        try await server.command("CONFIG", "RESETSTAT")
        try await log(timeToLive: nil).append(contentsOf: (0..<5).map { Message(text: "\($0)") })
        let statistics = try await server.command("INFO", "commandstats")
        #expect(statistics.contains("cmdstat_rpush:calls=1,"))
        #expect(try await log().read().messages.map(\.text) == ["0", "1", "2", "3", "4"])
    }

    @Test func messagesAreReadInTheOrderInWhichTheyWereAdded() async throws {
        let log = try log()
        #expect(try await log.read().messages.isEmpty)
        let messages = ["", "é \"quoted\"\n", String(repeating: "x", count: 100_000), "\u{0}"].map { Message(text: $0) }
        for message in messages { try await log.append(message) }
        #expect(try await log.read().messages == messages)
        #expect(try await log.read().damaged.isEmpty)
        try await log.remove()
        try await log.remove()
        #expect(try await log.read().messages.isEmpty)
    }

    @Test func ofAHundredAppendsAtOnceNoneIsLostAndNothingButATransactionOfTwoIsSent() async throws {
        try await server.command("CONFIG", "RESETSTAT")
        try await withThrowingTaskGroup { group in
            for writer in 0..<10 {
                group.addTask {
                    let log = try log()
                    for number in 0..<10 { try await log.append(Message(text: "\(writer) \(number)")) }
                }
            }
            try await group.waitForAll()
        }
        let statistics = try await server.command("INFO", "commandstats")
        let calls = statistics.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            guard line.hasPrefix("cmdstat_"), let colon = line.firstIndex(of: ":") else { return nil }
            let count = line[colon...].split(separator: ",").first?.dropFirst(":calls=".count) ?? ""
            return "\(line.dropFirst("cmdstat_".count).prefix(while: { $0 != ":" })) \(count)"
        }.filter { !$0.hasPrefix("config") && !$0.hasPrefix("info") && !$0.hasPrefix("command") }
        #expect(calls.sorted() == ["exec 100", "expire 100", "llen 100", "multi 100", "rpush 100"])
        let read = try await log().read().messages
        #expect(Set(read).count == 100)
        for writer in 0..<10 {
            let own = read.filter { $0.text.hasPrefix("\(writer) ") }.map(\.text)
            #expect(own == (0..<10).map { "\(writer) \($0)" })
        }
    }

    @Test func eachAppendLetsTheLogLiveAsLongAgain() async throws {
        let log = try log(timeToLive: .seconds(1000))
        try await log.append(Message(text: "1"))
        try await server.command("EXPIRE", "talk", "5")
        try await log.append(Message(text: "2"))
        #expect(try #require(Int(try await server.command("TTL", "talk"))) > 900)
        let short = try self.log("short", timeToLive: .seconds(1))
        try await short.append(Message(text: "gone soon"))
        while try await !short.read().messages.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        let long = try self.log("long", timeToLive: nil)
        try await long.append(Message(text: "stays"))
        #expect(try await server.command("TTL", "long") == "-1")
    }

    @Test func aDamagedElementIsSkippedWithAWarningAndTheOthersAreRead() async throws {
        let log = try log()
        try await log.append(Message(text: "1"))
        for junk in ["{", "", "{\"role\":7}"] { try await server.command("RPUSH", "talk", junk) }
        try await log.append(Message(text: "2"))
        let warnings = Mutex<[LogRecord]>([])
        let contents = try await EnvironmentLog.withHandler({ record in warnings.withLock { $0.append(record) } }) {
            try await log.read()
        }
        #expect(contents.messages.map(\.text) == ["1", "2"])
        #expect(contents.damaged.map(\.number) == [2, 3, 4])
        #expect(
            warnings.withLock { $0.map { "\($0.level) \($0["element"] ?? "")" } } == [
                "warning 2", "warning 3", "warning 4",
            ])
    }

    @Test func anOldStringBecomesAListOnceAndKeepsItsOrderAndEveryDigit() async throws {
        let old =
            #"[{"role":"user","text":"a, [b] \"c\""}, {"role":"user","text":"2","extra":0.10000000000000000001},{"text":3}]"#
        try await server.command("SET", "talk", old)
        let log = try log()
        let notes = Mutex<[LogRecord]>([])
        try await EnvironmentLog.withHandler({ record in notes.withLock { $0.append(record) } }) {
            try await log.append(Message(text: "new"))
        }
        #expect(
            notes.withLock { $0.map { "\($0.level) \($0.message) \($0["messages"] ?? "")" } } == [
                "info an old string became a list of messages 3"
            ])
        let elements = try await server.command("LRANGE", "talk", "0", "-1").split(separator: "\n").map(String.init)
        #expect(elements[1] == #"{"role":"user","text":"2","extra":0.10000000000000000001}"#)
        let contents = try await log.read()
        #expect(contents.messages.map(\.text) == ["a, [b] \"c\"", "2", "new"])
        #expect(contents.damaged.map(\.number) == [3])
        #expect(try #require(Int(try await server.command("TTL", "talk"))) > 3000)
    }

    @Test func ofTwentyWhoFindAnOldStringOneMakesTheList() async throws {
        let texts = (0..<50).map { "{\"role\":\"user\",\"text\":\"\($0)\"}" }
        try await server.command("SET", "talk", "[\(texts.joined(separator: ","))]")
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask { try await log().append(Message(text: "new \(number)")) }
            }
            try await group.waitForAll()
        }
        let read = try await log().read().messages.map(\.text)
        #expect(read.count == 70)
        #expect(Array(read.prefix(50)) == (0..<50).map { "\($0)" })
    }

    @Test(arguments: ["hello", "{\"a\":1}", "[1,", ""])
    func aStringThatIsNoLogIsLeftAsItIs(_ text: String) async throws {
        try await server.command("SET", "talk", text)
        let log = try log()
        let reading = await #expect(throws: RepositoryError.self) { try await log.read() }
        #expect(reading?.code == .readStateFailed)
        let writing = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "1")) }
        #expect(writing?.code == .writeStateFailed)
        #expect(try await server.command("GET", "talk") == text)
        #expect(try await server.command("TTL", "talk") == "-1")
    }

    @Test func anEmptyOldArrayBecomesAnEmptyLog() async throws {
        try await server.command("SET", "talk", " [ ] ")
        #expect(try await log().read().messages.isEmpty)
        #expect(try await server.command("EXISTS", "talk") == "0")
    }

    @Test func aServerThatIsDownIsAnErrorAndNeverAnEmptyLog() async throws {
        let log = try log()
        try await log.append(Message(text: "1"))
        try await server.stop()
        let reading = await #expect(throws: RepositoryError.self) { try await log.read() }
        #expect(reading?.code == .readStateFailed)
        let writing = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "2")) }
        #expect(writing?.code == .writeStateFailed)
        #expect(writing?.message.contains("127.0.0.1") == true)
        // When the server runs again, the log can be used again.
        try await server.start()
        try await log.append(Message(text: "3"))
        #expect(try await log.read().messages.map(\.text) == ["1", "3"])
    }

    @Test func aServerThatDoesNotAnswerLeavesTheAppendUnknown() async throws {
        let log = RedisMessageLog<Message>(
            try RedisServer(server.address), key: "talk", answerTimeout: .milliseconds(300))
        try await log.append(Message(text: "1"))
        server.signal(SIGSTOP)
        let error = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "2")) }
        server.signal(SIGCONT)
        #expect(error?.code == .durabilityUnknown)
        let read = try await self.log().read().messages.map(\.text)
        #expect(read.first == "1")
    }

    @Test func aFullServerRefusesAndSaysSo() async throws {
        let log = try log()
        try await server.command("CONFIG", "SET", "maxmemory", "1")
        let error = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "1")) }
        #expect(error?.code == .insufficientSpace)
        #expect(try await log.read().messages.isEmpty)
    }

    @Test(arguments: [["+llen", "+multi", "+exec"], ["+llen", "+expire"]])
    func withoutAllTheRightsNothingIsAdded(_ rights: [String]) async throws {
        for right in rights + ["+rpush", "~*", "on", ">word"] {
            try await server.command("ACL", "SETUSER", "poor", right)
        }
        let log = RedisMessageLog<Message>(
            try RedisServer("redis://poor:word@127.0.0.1:\(server.port)"), key: "talk", timeToLive: .seconds(100))
        let error = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "1")) }
        #expect(error?.code == .notWritable)
        #expect(try await server.command("EXISTS", "talk") == "0")
    }

    @Test func anExchangeEndsWithItsSession() async throws {
        let connection = RedisConnection(try RedisServer(server.address), answerTimeout: .seconds(540))
        let error = await #expect(throws: RedisError.self) {
            try await connection.exchange { (run) throws(RedisError) in
                _ = try run([words("WATCH talk")])
                _ = try run([words("CLIENT KILL TYPE normal SKIPME no")])
                usleep(200_000)
                // In another session these commands would be executed, in spite of the WATCH.
                _ = try run([words("MULTI"), words("SET talk 1"), words("EXEC")])
            }
        }
        #expect(error?.kind == .lost)
        #expect(try await server.command("EXISTS", "talk") == "0")
        #expect(try await connection.run([words("PING")]) == [.text(Array("PONG".utf8))])
    }

    @Test func aServerThatIsGoneDoesNotEndTheProgram() async throws {
        let server = try ServerThatGoes(answering: "+OK\r\n")
        let connection = RedisConnection(try RedisServer(server.address), answerTimeout: .seconds(540))
        let error = await #expect(throws: RedisError.self) {
            try await connection.exchange { (run) throws(RedisError) in
                _ = try run([words("PING")])
                usleep(200_000)
                _ = try run([words("PING")])
            }
        }
        #expect(error?.kind == .lost)
    }

    @Test func aConnectionThatEndsBeforeTheUserIsLetInHasAddedNothing() async throws {
        let server = try ServerThatGoes(answering: "")
        let log = RedisMessageLog<Message>(
            try RedisServer("redis://:word@127.0.0.1:\(server.port)"), key: "talk")
        let error = await #expect(throws: RepositoryError.self) { try await log.append(Message(text: "1")) }
        #expect(error?.code == .writeStateFailed)
    }

    @Test func anAppendCostsTheSameWhateverTheLengthOfTheLog() async throws {
        let long = try log("long")
        let texts = (0..<10_000).map { "{\"role\":\"user\",\"text\":\"\($0)\"}" }
        try await server.command("SET", "long", "[\(texts.prefix(1).joined())]")
        for chunk in stride(from: 1, to: 10_000, by: 1000) {
            _ = try await server.command(
                "EVAL",
                "for i = 1, 1000 do redis.call('RPUSH', KEYS[1] .. ':', '{\"role\":\"user\",\"text\":\"x\"}') end return \(chunk)",
                "1", "long")
        }
        try await server.command("DEL", "long")
        try await server.command("RENAME", "long:", "long")
        #expect(try await server.command("LLEN", "long") == "10000")
        // The traffic in both directions is measured; Redis documents that the commands' own costs do not depend on the
        // length.
        func traffic(of log: RedisMessageLog<Message>) async throws -> Int {
            try await server.command("CONFIG", "RESETSTAT")
            for number in 0..<100 { try await log.append(Message(text: "\(number)")) }
            let statistics = try await server.command("INFO", "stats")
            return statistics.matches(of: /total_net_(?:input|output)_bytes:(\d+)/).compactMap { Int($0.1) }.reduce(
                0, +)
        }
        let short = try await traffic(of: log("empty"))
        #expect(short > 0)
        #expect(try await traffic(of: long) < 2 * short)
    }

    @Test func thePasswordIsUsedAndNeverRepeated() async throws {
        let guarded = try await TestServer(settings: ["--requirepass", "s3cr3t@w0rd"])
        let right = RedisMessageLog<Message>(
            try RedisServer("redis://:s3cr3t%40w0rd@127.0.0.1:\(guarded.port)/3"), key: "talk")
        try await right.append(Message(text: "1"))
        #expect(try await right.read().messages.count == 1)
        let wrong = RedisMessageLog<Message>(
            try RedisServer("redis://:s3cr3t-wrong@127.0.0.1:\(guarded.port)"), key: "talk")
        let error = await #expect(throws: RepositoryError.self) { try await wrong.read() }
        #expect(error.map { "\($0)".contains("WRONGPASS") && !"\($0)".contains("s3cr3t") } == true)
        var dumped = ""
        dump(wrong, to: &dumped)
        #expect(!dumped.contains("s3cr3t"))
    }

    @Test(
        "An address contains the place of the server",
        arguments: [
            ("redis://h", "redis://h:6379/0"), ("redis://h/", "redis://h:6379/0"),
            ("redis://h:7/12", "redis://h:7/12"), ("redis://u:p%2Fq@h.example:7", "redis://h.example:7/0"),
            ("redis://[::1]:7", "redis://::1:7/0"), ("redis://u@h", "redis://h:6379/0"),
        ])
    func place(_ address: String, _ description: String) throws {
        #expect(try RedisServer(address).description == description)
    }

    @Test(arguments: [
        "", "redis://", "http://h", "s3cr3t", "redis://h:99999", "redis://h/x", "redis://:s3cr3t/@h",
        "redis://:s3cr3t@@h", "redis://:s3cr3t%4@h", "redis://:s3cr3t%zz@h", "redis://:s3cr3t%ff@h", "redis://h:+7",
        "redis://h/-1", "redis://h/+1", "redis://[::1", "redis://h h", "redis://a:b:s3cr3t@h", "redis://h:",
        "redis://h:0x7",
    ])
    func whatIsNoAddressIsRefusedAndNotRepeated(_ text: String) {
        let error = #expect(throws: RedisError.self) { try RedisServer(text) }
        #expect(error?.kind == .invalidAddress)
        #expect(error.map { "\($0)".contains("s3cr3t") } == false)
    }
}

private func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
