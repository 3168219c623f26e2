import EnvironmentDomain
import Synchronization
import Testing

@testable import Commands

extension OutputKey where Value == Int { static let port = OutputKey("port") }
extension OutputKey where Value == [String] { fileprivate static let names = OutputKey("names") }

@Suite("What a step can do")
struct StepContextTests {
    /// Runs `body` as the step before the one that sets the address, and returns the provisioned environment.
    private func provision(
        _ body: @escaping @Sendable (StepContext) async throws -> Void,
        then last: @escaping @Sendable (StepContext) async throws -> Void = { _ in },
        options: CommandOptions = CommandOptions(), retry: RetryPolicy = .never
    ) async throws -> AnyEnvironmentState {
        let steps = [
            Step("a", retry: retry, body: body),
            Step("b") { step in
                try await last(step)
                try step.set(.instanceAddress, to: "10.0.0.7")
            },
        ]
        return try await ProvisionCommand(provider: .test(steps), repository: SpyRepository(), options: options)
            .execute(Sample.created()).erased
    }

    private func failure(
        options: CommandOptions = CommandOptions(), retry: RetryPolicy = .never,
        _ body: @escaping @Sendable (StepContext) async throws -> Void
    ) async throws -> StepFailure {
        let error = await #expect(throws: CommandError.self) {
            _ = try await provision(body, options: options, retry: retry)
        }
        return try #require(error?.failure)
    }

    @Test("outputs of the step itself and of earlier steps have their types")
    func outputs() async throws {
        let environment = try await provision { step in
            #expect(step[.port] == nil)
            try step.set(.port, to: 8080)
            try step.set(.names, to: ["a", "b\nc"])
            #expect(step[.port] == 8080)
        } then: { step in
            #expect(step[.port] == 8080 && step[.names] == ["a", "b\nc"] && step[.instanceAddress] == nil)
        }
        #expect(environment.context.outputs["port"] == "8080")
        let provisioned = try environment.environment(as: Provisioned.self)
        #expect(provisioned[.port] == 8080 && provisioned[.instanceAddress] == "10.0.0.7")
        #expect(try provisioned.output(.names) == ["a", "b\nc"])
        let missing = #expect(throws: OutputError.self) { try environment.output(OutputKey<Int>("no")) }
        #expect(missing?.description == "the output no was not set")
    }

    @Test(
        "outputs of any name and text are read as they were set",
        arguments: [
            ("name", "value"), ("n", ""), ("N_1", "a=b"), ("a-b", "x\r\n"), ("a", "x\ny"), ("ä", "\"\\"),
        ])
    func anyOutput(name: String, value: String) async throws {
        let environment = try await provision { try $0.set(OutputKey(name), to: value) }
        #expect(environment.context.outputs[name] == value)
    }

    @Test("outputs that cannot be stored fail the step", arguments: ["\0", String(repeating: "x", count: 32769)])
    func impossibleOutput(value: String) async throws {
        #expect(try await failure { try $0.set("a", to: value) }.errorKind == "invalid_output")
    }

    @Test("programs are found on the PATH and return what they wrote, without the newline at the end")
    func run() async throws {
        _ = try await provision { step in
            #expect(
                try await step.run("echo", "127.0.0.1") == Execution(status: 0, output: "127.0.0.1", isOutputCut: false)
            )
            #expect(try await step.run("printf", "a\\n\\n").output == "a\n")
            #expect(try await step.run("sh", "-c", "echo out; echo err >&2").output == "out")
            #expect(try await step.run("cat", input: "ä\nb").output == "ä\nb")
            #expect(try await step.run("cat").output == "")
            #expect(
                try await step.run("sh", arguments: ["-c", "echo $A $STEP_NAME"], environment: ["A": "1"]).output
                    == "1 a")
            #expect(try await step.run("pwd", folder: AbsolutePath("/")).output == "/")
            #expect(try await step.run("./true", folder: AbsolutePath("/bin")).output == "")
            let other = try await step.execute("sh", "-c", "echo no; exit 3")
            #expect(other == Execution(status: 3, output: "no", isOutputCut: false))
            let log = try read(step.files.logPath)
            #expect(log.contains("127.0.0.1\na\n\n") && log.contains("out\n") && log.contains("err\n"))
            #expect(names(in: step.files.folder).allSatisfy { !$0.hasSuffix(".stdout") && !$0.hasPrefix(".input") })
        }
    }

    @Test("the first mebibyte of a long output is kept, and all of it is in the log")
    func longOutput() async throws {
        _ = try await provision { step in
            let result = try await step.run("sh", "-c", "yes äöü | head -c 9000000; echo; echo end")
            #expect(
                result.isOutputCut && result.output.utf8.count > (1 << 20) - 4 && result.output.utf8.count <= 1 << 20)
            #expect(!result.output.unicodeScalars.contains("\u{FFFD}"))
            #expect(step.files.logSize == 9_000_005)
            #expect(step.files.logTail(1) == ["end"])
        }
    }

    @Test(
        "programs that are unusable or fail are reported",
        arguments: [
            (["no-such-program"], "tool_missing", "no-such-program is not on the PATH"),
            (["/no/such"], "tool_missing", "/no/such is not there, or is not a program that can be started"),
            ([""], "tool_missing", "a program without a name is not on the PATH"),
            (["sh", "-c", "exit 7"], "exit_status", "sh exited with status 7"),
            (["sh", "-c", "kill -9 $$"], "signal", "sh was ended by signal 9"),
            (["echo", "a\0b"], "not_started", "echo was not started: an argument has a zero character"),
        ])
    func failing(command: [String], kind: String, summary: String) async throws {
        let failure = try await failure { step in
            try await step.run(command[0], arguments: Array(command.dropFirst()))
        }
        #expect(failure.errorKind == kind && failure.summary == summary)
    }

    @Test("errors of other libraries are reported with their descriptions for people")
    func localizedError() async throws {
        let failure = try await failure { _ in throw Described() }
        #expect(failure.errorKind == "error" && failure.summary == "The door is shut.")
    }

    @Test("an error that is marked as permanent ends the attempts")
    func notRetryable() async throws {
        let failure = try await failure(retry: .constant(5, every: .zero)) { step in
            throw StepError(kind: "wrong", summary: "it is wrong", isRetryable: step.attempt < 2)
        }
        #expect(failure.attempts == 2)
    }

    @Test("polling ends when the condition holds or the time is over")
    func poll() async throws {
        let clock = ManualClock()
        let options = CommandOptions(clock: clock)
        let asked = Mutex(0)
        _ = try await provision(
            { step in
                try await step.poll(every: .seconds(3), upTo: .seconds(10)) {
                    asked.withLock {
                        $0 += 1; return $0 == 3
                    }
                }
            }, options: options)
        #expect(asked.withLock(\.self) == 3)
        let failure = try await failure(options: options) { step in
            try await step.poll(every: .seconds(3), upTo: .seconds(10)) {
                asked.withLock {
                    $0 += 1; return false
                }
            }
        }
        #expect(failure.errorKind == "not_ready" && failure.summary == "it was not ready within 10.0 s")
        #expect(asked.withLock(\.self) == 3 + 5)
    }

    @Test("pauses between attempts use the injected clock and random numbers")
    func injectedClock() async throws {
        let clock = ManualClock()
        let failure = try await failure(
            options: CommandOptions(clock: clock, random: { 0.5 }),
            retry: .exponential(3, from: .seconds(40), upTo: .seconds(100), jitter: 0.5)
        ) { _ in throw StepError(kind: "early", summary: "not yet") }
        #expect(failure.attempts == 4)
        #expect(clock.sleeps == [.seconds(30), .seconds(60), .seconds(75)])
    }

    @Test("a timeout needs no real time with an injected clock")
    func injectedTimeout() async throws {
        let failure = try await failure(options: CommandOptions(clock: ManualClock(skipping: .seconds(600)))) { _ in
            try await Task.sleep(for: .seconds(86_400))
        }
        #expect(failure.errorKind == "timeout")
    }
}
