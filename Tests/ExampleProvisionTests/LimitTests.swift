import OperatingSystem
import Testing

@Suite("A limit of the system", .serialized)
struct LimitTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs a program with a resource limit.
    private func run(_ limit: String, _ arguments: [String]) async throws -> Outcome {
        try await sandbox.run(arguments, shell: limit)
    }

    @Test("on processes is reported as an error, and nothing waits forever", arguments: [1, 2, 3, 4, 5, 6, 8])
    func processes(count: Int) async throws {
        guard ThisProcess.userIdentifier == 0, ThisProcess.findProgram("setpriv") != nil else {
            print("skipped: the limit does not bind root, and only root can become a user without processes")
            return
        }
        try await sandbox.shell("chmod 711 '\(sandbox.root)'")
        // No other process has this user's number, so that none counts against the limit.
        let user = Int.random(in: 100_000...900_000_000)
        let limit = "exec prlimit --nproc=\(count) setpriv --reuid=\(user) --clear-groups \"$@\""
        let outcome = try await run(limit, ["my-env", "--json", "--data-dir", "/tmp/never-made"])
        #expect(outcome.code == 74)
        #expect(outcome.lastWord.hasPrefix("error: No further thread can be started: "))
        #expect(outcome.lastWord.contains("this user may have \(count) processes and threads (ulimit -u)"))
        #expect(try outcome.json()["error"]["kind"].text == "system_limit")
    }

    @Test(
        "on processes that only a step reaches fails the step, and nothing waits forever",
        .enabled(
            if: ThisProcess.userIdentifier == 0 && ThisProcess.findProgram("setpriv") != nil,
            "the limit does not bind root, and only root can become a user without processes"))
    func processesOfStep() async throws {
        let many = "for i in 1 2 3 4 5 6 7 8 9; do for j in 1 2 3 4 5 6 7 8 9; do sleep 86400 & done; done; wait"
        try sandbox.workflow(provision: [.address, Step("fork", many)])
        let user = Int.random(in: 100_000...900_000_000)
        try await sandbox.shell(
            "chmod 711 '\(sandbox.root)' && mkdir own && cp workflow.json own && chown -R \(user) own")
        let own = sandbox.path("own")
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", variables: ["HOME": own, "XDG_STATE_HOME": own, "TMPDIR": own],
            folder: own, shell: "exec prlimit --nproc=60 setpriv --reuid=\(user) --clear-groups \"$@\"")
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.lastWord.contains("failed in step fork"), "\(outcome)")
        // Only processes that have ended and were not reaped yet may remain for a moment.
        try await sandbox.shell("while pgrep -u \(user) -r R,S,D,T > /dev/null; do sleep 0.05; done")
    }

    @Test(
        "on open files is an error, and nothing crashes", arguments: [4, 5, 6, 8, 10, 16, 24, 32, 40, 50, 64, 80])
    func files(count: Int) async throws {
        let outcome = try await run("ulimit -n \(count); exec \"$@\"", ["my-env"])
        guard outcome.code != 0 else { return #expect(count > 50) }
        #expect(outcome.code == 74 && count < 64)
        #expect(outcome.lastWord.contains("this process may open \(count) files (ulimit -n)"))
        #expect(!sandbox.exists("data"))
    }

    @Test("on the processes of a step's program fails the step")
    func step() async throws {
        try sandbox.workflow(provision: [.address, Step("fork", "ulimit -n 3; cat /etc/passwd /etc/group")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
    }
}
