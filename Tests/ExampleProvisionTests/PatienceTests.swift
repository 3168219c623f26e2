import OperatingSystem
import TestSupport
import Testing

/// Tests of waits that last seconds by contract; they run concurrently.
@Suite("Waiting", .slow)
struct PatienceTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(
        "with a step that does not end at SIGINT lasts 10 s until SIGTERM and 5 s more until SIGKILL",
        arguments: [(trapped: "INT", seconds: 10.0), ("INT TERM", 15.0)])
    func stubborn(trapped: String, seconds: Double) async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "stubborn",
                "trap 'echo heard >> \"$HOME/heard\"' \(trapped); touch \"$HOME/reached\" || :; while :; do sleep 0.1 || :; done"
            ),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        let start = ContinuousClock.now
        program.signal(2)
        #expect(await program.end().code == 130)
        #expect((ContinuousClock.now - start).seconds > seconds - 0.5)
        #expect(sandbox.lines("home/heard").count == trapped.split(separator: " ").count)
        #expect(try sandbox.events().last == "provision:stubborn interrupted")
        try sandbox.checkStored()
    }

    @Test("for another command on the environment lasts 10 s by default")
    func lockTimeout() async throws {
        try sandbox.workflow(provision: [
            .address, Step("wait", "touch \"$HOME/reached\"; while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done"),
        ])
        let holder = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        let start = ContinuousClock.now
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 75)
        #expect(outcome.lastWord.contains("waited 10"))
        #expect((ContinuousClock.now - start).seconds > 9.5)
        try sandbox.write("", to: "home/go")
        #expect(await holder.end().code == 0)
    }
}
