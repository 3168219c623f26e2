import OperatingSystem
import TestSupport
import Testing

@Suite("A signal", .slow, .serialized)
struct SignalTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(
        "ends the running step and is recorded, and the run resumes there later",
        arguments: [(signal: Int32(2), code: Int32(130)), (15, 143), (1, 129)])
    func first(signal: Int32, code: Int32) async throws {
        try sandbox.workflow(
            provision: [.address],
            configure: [
                Step("before", "true"),
                Step("slow", "[ -e \"$HOME/reached\" ] || { touch \"$HOME/reached\"; exec sleep 600; }"),
                Step("after", "true"),
            ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json", "--json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        program.signal(signal)
        let outcome = await program.end()
        #expect(outcome.code == code)
        #expect(outcome.lastWord.contains("step slow") && outcome.lastWord.hasSuffix("Next: example-provision my-env"))
        let error = try outcome.json()["error"]
        #expect(
            error["code"].integer == Int(code) && error["kind"].text == "interrupted" && error["step"].text == "slow")
        #expect(try sandbox.stateName() == "Configuring")
        #expect(try sandbox.events().last == "configure:slow interrupted")
        #expect(sandbox.read("data/my-env/state.json.lock")?.contains("pid") == false)
        try sandbox.checkStored()
        let resumed = try await sandbox.run("my-env", "--lock-timeout", "0")
        #expect(resumed.code == 0)
        #expect(resumed.errors.contains("1 of 3 steps are done already"))
        try sandbox.checkStored()
    }

    @Test("sends one SIGINT to the step's group first, also for SIGTERM", arguments: [Int32(2), 15])
    func polite(signal: Int32) async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "careful",
                "trap 'echo cleaned up >> \"$HOME/trace\"; echo saved=1 >> \"$OUTPUTS\"; exit 9' INT; touch \"$HOME/reached\"; while :; do sleep 0.02; done"
            ),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        program.signal(signal)
        #expect(await program.end().code == 128 + signal)
        #expect(sandbox.lines("home/trace") == ["cleaned up"])
        #expect(try sandbox.outputs()["saved"] == "1")
    }

    @Test("that comes a second time kills a step that ignores the first, and the state is still saved")
    func second() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "stubborn",
                "trap '' INT HUP; trap 'echo TERM >> \"$HOME/told\"' TERM; echo $$ > \"$HOME/pid\"; while :; do sleep 0.05 || :; done"
            ),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.number("home/pid") != nil }
        let step = try #require(sandbox.number("home/pid"))
        let start = ContinuousClock.now
        program.signal(2)
        try await wait(for: "the first signal to be noticed") { program.errors.contains("stopping") }
        program.signal(15)
        let pause = ContinuousClock.now - start
        // The exit code is that of the first signal.
        #expect(await program.end().code == 130)
        #expect(!isAlive(step))
        // The step gets SIGTERM ten seconds after the first signal. A pause of more than five seconds means that the
        // machine was suspended.
        if pause < .seconds(5) { #expect(!sandbox.exists("home/told")) }
        #expect(try sandbox.events().last == "provision:stubborn interrupted")
        #expect(try sandbox.stateName() == "Provisioning")
        try sandbox.checkStored()
    }

    @Test("ends the pause before another attempt immediately")
    func pause() async throws {
        try sandbox.workflow(provision: [.address, Step("flaky", "exit 1", retries: 3, delay: 600)])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the pause") { program.errors.contains("again in") }
        program.signal(2)
        #expect(await program.end().code == 130)
        #expect(try sandbox.events().last == "provision:flaky interrupted")
    }

    @Test(
        "ends waiting for the lock or for an orphan immediately, and nothing is changed",
        arguments: [Int32(2), 15, 1]
    )
    func waiting(signal: Int32) async throws {
        try sandbox.workflow(provision: [
            .address, Step("slow", "trap '' TERM; echo $$ > \"$HOME/pid\"; touch \"$HOME/reached\"; exec sleep 600"),
        ])
        let holder = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        let before = try sandbox.state()
        let waiter = try sandbox.start(["my-env", "--lock-timeout", "500"])
        try await wait(for: "the wait") { waiter.errors.contains("waiting for a lock") }
        waiter.signal(signal)
        let outcome = await waiter.end()
        #expect(outcome.code == 128 + signal)
        try await sandbox.killLeavingOrphan(holder)
        let other = try sandbox.start(["my-env", "--lock-timeout", "500"])
        try await wait(for: "the wait") { other.errors.contains("waiting for what an earlier step started") }
        other.signal(signal)
        #expect(await other.end().code == 128 + signal)
        #expect(try sandbox.state() == before)
        ThisProcess.signal(Signals.kill, to: try #require(sandbox.number("home/pid")))
    }

    @Test("between steps or before the first leaves a state that can be resumed")
    func anyMoment() async throws {
        var generator = SplitMix(state: 4711)
        for number in 0..<8 {
            let name = "env-\(number)"
            let program = try sandbox.start([name])
            try await Task.sleep(for: .microseconds(Int.random(in: 3000...30_000, using: &generator)))
            program.signal(15)
            let outcome = await program.end()
            #expect([.exited(143), .exited(0), .signalled(15)].contains(outcome.end))
            #expect(try await sandbox.run(name, "--lock-timeout", "0").code == 0)
            try sandbox.checkStored(name)
        }
    }
}
