import Foundation
import OperatingSystem
import Testing

/// Tests of the built program that applies resources.
struct ResourceStateTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @discardableResult
    private func run(_ words: String...) async throws -> Outcome {
        try await sandbox.run("example-resource-state", ["--state-dir", sandbox.path("state")] + words)
    }

    /// Writes a file with resources to apply.
    private func wanted(_ name: String, size: Int = 1) throws -> String {
        try sandbox.write(
            "\(name).json",
            #"{"version":1,"resources":{"\#(name)":{"size":"\#(size)"}},"metadata":{"by":"test"}}"#)
        return sandbox.path("\(name).json")
    }

    @Test func whatIsAppliedIsThere() async throws {
        #expect(try await run("apply", wanted("disk")).output == "1 added, 0 changed, 0 unchanged\n")
        #expect(try await run("apply", wanted("disk", size: 2)).output == "0 added, 1 changed, 0 unchanged\n")
        #expect(
            try await run("show").output == """
                {
                  "metadata" : {
                    "by" : "test"
                  },
                  "resources" : {
                    "disk" : {
                      "size" : "2"
                    }
                  },
                  "version" : 1
                }

                """)
    }

    @Test func aSecondApplyChangesNothing() async throws {
        let file = try wanted("disk")
        try await run("apply", file)
        let before = sandbox.read("state/state.json")
        #expect(try await run("apply", file).output == "0 added, 0 changed, 1 unchanged\n")
        #expect(sandbox.read("state/state.json") == before)
    }

    @Test func tenAppliesAtOnceLoseNothing() async throws {
        try await withThrowingTaskGroup { group in
            for number in 0..<10 {
                let file = try wanted("disk-\(number)")
                group.addTask {
                    let outcome = try await run("apply", file)
                    #expect(outcome.code == 0, "\(outcome)")
                }
            }
            try await group.waitForAll()
        }
        let text = try await run("show").output
        for number in 0..<10 { #expect(text.contains("\"disk-\(number)\"")) }
    }

    @Test func anApplyWaitsForTheLockAsLongAsItIsTold() async throws {
        let file = try wanted("disk")
        try await run("apply", file)
        let lock = try #require(try FileLock.attempt("state.json.lock", in: Folder(sandbox.path("state"))))
        let start = ContinuousClock.now
        let outcome = try await run("--lock-timeout", "0.3", "apply", file)
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("(waited 0.3 s)"), "\(outcome)")
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        let waiting = Task { try await run("apply", file) }
        try await Task.sleep(for: .milliseconds(200))
        try lock.release()
        #expect(try await waiting.value.code == 0)
    }

    @Test(arguments: ["version", "resources", "metadata"])
    func aFileWithoutAMemberIsInvalidAndNothingIsStored(_ member: String) async throws {
        let members = ["version": "1", "resources": "{}", "metadata": "{}"].filter { $0.key != member }
        try sandbox.write("bad.json", "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}")
        let outcome = try await run("apply", sandbox.path("bad.json"))
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("invalid structure: \"\(member)\" is missing"))
        #expect(sandbox.read("state/state.json") == nil)
    }

    @Test func aDamagedCheckpointIsWrittenAgainFromTheLogAndSaidSo() async throws {
        for name in ["a", "b", "c"] { try await run("apply", wanted(name)) }
        try sandbox.write("state/state.json", "")
        let outcome = try await run("apply", wanted("d"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.contains("ERROR a damaged checkpoint was written again"))
        let text = try await run("show").output
        #expect(["\"a\"", "\"b\"", "\"c\"", "\"d\""].allSatisfy(text.contains), "\(text)")
    }

    @Test func aDamagedLogIsReplacedByTheNewestWholeStateAndSaidSo() async throws {
        for name in ["a", "b", "c"] { try await run("apply", wanted(name)) }
        try sandbox.write("state/history.jsonl", "damaged\n")
        let outcome = try await run("apply", wanted("d"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.contains("ERROR a damaged document was replaced by an earlier state"))
        let text = try await run("show").output
        #expect(["\"a\"", "\"b\"", "\"c\"", "\"d\""].allSatisfy(text.contains), "\(text)")
    }

    @Test func whenNothingIsWholeNothingIsReplaced() async throws {
        for name in ["a", "b"] { try await run("apply", wanted(name)) }
        for file in ["state/state.json", "state/history.jsonl"] { try sandbox.write(file, "damaged\n") }
        let outcome = try await run("apply", wanted("c"))
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("No whole state of the resources is left"))
        for file in ["state/state.json", "state/history.jsonl"] { #expect(sandbox.read(file) == "damaged\n") }
    }

    @Test func messagesComeBackInTheirOrderAndADamagedOneIsSkipped() async throws {
        for text in ["first", "second", "third"] {
            #expect(try await run("message", "talk", text).code == 0)
        }
        let stored = try #require(sandbox.read("state/messages/talk.jsonl"))
        try sandbox.write("state/messages/talk.jsonl", stored.replacing("\"second\"", with: "second"))
        let outcome = try await run("messages", "talk")
        let texts = outcome.output.matches(of: /"text":"(\w+)"/).map { String($0.1) }
        #expect(texts == ["first", "third"])
        #expect(outcome.errors.contains("WARNING a damaged line is skipped"))
        #expect(outcome.errors.contains("line=2"))
        #expect(try sandbox.mode("state/messages/talk.jsonl") == 0o600)
    }

    @Test func aHundredMessagesAtOnceAreAllThere() async throws {
        try await withThrowingTaskGroup { group in
            for writer in 0..<10 {
                group.addTask {
                    for number in 0..<10 { try await run("message", "talk", "\(writer)-\(number)") }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await run("messages", "talk").output.split(separator: "\n").count == 100)
    }

    @Test func messagesAreForgottenAfterTheirTime() async throws {
        try await run("message", "talk", "old")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -100)],
            ofItemAtPath: sandbox.path("state/messages/talk.jsonl"))
        #expect(try await run("--time-to-live", "60", "messages", "talk").output == "")
        #expect(try await run("--time-to-live", "1000", "messages", "talk").output.contains("old"))
        try await run("--time-to-live", "60", "message", "talk", "new")
        #expect(try await run("messages", "talk").output.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["../escape", "", "a/b", ".hidden"])
    func aSessionsNameCannotLeaveItsFolder(_ session: String) async throws {
        #expect(try await run("message", session, "text").code == 65)
        #expect(try sandbox.names(".") == ["home"])
    }

    @Test(arguments: [[], ["apply"], ["--lock-timeout", "soon", "show"], ["--unknown", "1", "show"]])
    func aCommandLineThatMeansNothingIsAnswered(_ words: [String]) async throws {
        let outcome = try await sandbox.run(
            "example-resource-state", ["--state-dir", sandbox.path("state")] + words)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("usage: "))
    }
}
