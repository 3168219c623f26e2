import OperatingSystem
import TestSupport
import Testing

@Suite("Several concurrent commands", .slow, .serialized)
struct ContentionTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A step that detects another instance of itself at the same time.
    static let critical =
        "mkdir \"$HOME/critical\" || { touch \"$HOME/broken\"; exit 1; }; sleep 0.03; rmdir \"$HOME/critical\"; echo $STEP_NAME >> \"$HOME/trace\""

    private func start(_ count: Int, _ more: [String]) throws -> [Program] {
        try (0..<count).map { _ in try sandbox.start(["my-env", "--workflow", "workflow.json"] + more) }
    }

    private func ends(_ programs: [Program]) async -> [Outcome] {
        var outcomes: [Outcome] = []
        for program in programs { outcomes.append(await program.end()) }
        return outcomes
    }

    @Test("on one environment run one at a time, and the waiting ones find nothing left to do")
    func waiting() async throws {
        try sandbox.workflow(
            provision: [.address] + (1...4).map { Step("p_\($0)", Self.critical) },
            configure: (1...4).map { Step("c_\($0)", Self.critical) })
        let outcomes = await ends(try start(8, ["--lock-timeout", "500", "--json"]))
        #expect(outcomes.map(\.code) == Array(repeating: 0, count: 8))
        #expect(try outcomes.filter { try $0.json()["changed"].truth == true }.count == 1)
        #expect(!sandbox.exists("home/broken"))
        #expect(sandbox.lines("home/trace").count == 8)
        try sandbox.checkStored()
    }

    @Test("that do not wait end with 75 and name the holder")
    func notWaiting() async throws {
        try sandbox.workflow(
            provision: [
                .address, Step("wait", "while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done"), Step("p", Self.critical),
            ])
        let programs = try start(8, ["--lock-timeout", "0", "--json"])
        try await wait(for: "seven to leave") { programs.count { isAlive($0.identifier) } == 1 }
        let holder = try #require(programs.first { isAlive($0.identifier) })
        try sandbox.write("", to: "home/go")
        var codes: [Int32?] = []
        for program in programs {
            let outcome = await program.end()
            codes.append(outcome.code)
            guard program.identifier != holder.identifier else { continue }
            let error = try outcome.json()["error"]
            #expect(error["kind"].text == "locked")
            #expect(error["next"].text == "example-provision my-env --status")
            // A holder that has just taken the lock may not have recorded itself yet.
            let pid = error["holder"]["pid"].integer
            #expect(pid == Int(holder.identifier) || pid == nil)
            if pid != nil { #expect(outcome.lastWord.contains("process \(holder.identifier)")) }
        }
        #expect(codes.filter { $0 == 75 }.count == 7 && codes.filter { $0 == 0 }.count == 1)
        try sandbox.checkStored()
    }

    @Test("name the holder of the lock, its command and its start")
    func holder() async throws {
        try sandbox.workflow(provision: [
            .address, Step("wait", "touch \"$HOME/reached\"; while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done"),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        for arguments in [[], ["--destroy"], ["--until", "running"]] {
            let refused = try await sandbox.run(["my-env", "--lock-timeout", "0", "--json"] + arguments)
            #expect(refused.code == 75)
            let error = try refused.json()["error"]
            #expect(error["kind"].text == "locked")
            let holder = error["holder"]
            #expect(holder["pid"].integer == Int(program.identifier) && holder["command"].text == "provision")
            #expect(holder["step"].text == "wait" && holder["since"].text != nil && holder["host"].text != nil)
            #expect(holder["user"].text != nil && holder["command_id"].text != nil)
            #expect(
                refused.lastWord.contains("process \(program.identifier)") && refused.lastWord.contains("step wait"))
        }
        let status = try await sandbox.run("my-env", "--status")
        #expect(status.code == 0)
        #expect(
            status.output.contains("held by    process \(program.identifier)")
                && status.output.contains("running    wait"))
        let dry = try await sandbox.run("my-env", "--dry-run", "--lock-timeout", "0")
        #expect(dry.code == 0)
        try sandbox.write("", to: "home/go")
        #expect(await program.end().code == 0)
    }

    @Test("after a kill of the holder, a waiter gets the lease immediately and continues when the orphan ends")
    func takenOver() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "slow",
                "echo $$ >> \"$HOME/pids\"; [ -e \"$HOME/go\" ] || { trap '' TERM; touch \"$HOME/reached\"; exec sleep 600; }"
            ),
            Step("p", Self.critical),
        ])
        let holder = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        let others = try start(4, ["--lock-timeout", "500"])
        for other in others { try await wait(for: "the wait") { other.errors.contains("waiting for a lock") } }
        try await sandbox.killLeavingOrphan(holder)
        try await wait(for: "the lease to be taken") { others.contains { $0.errors.contains("lock taken over") } }
        try await wait(for: "the orphan to be noticed") {
            others.contains { $0.errors.contains("waiting for what an earlier") }
        }
        let orphan = try #require(sandbox.lines("home/pids").first.flatMap { Int32($0) })
        #expect(isAlive(orphan))
        try sandbox.write("", to: "home/go")
        ThisProcess.signal(Signals.kill, to: orphan)
        #expect(await ends(others).map(\.code) == [0, 0, 0, 0])
        #expect(sandbox.lines("home/pids").count == 2)
        try sandbox.checkStored()
    }

    @Test("on different environments do not wait for each other")
    func different() async throws {
        try sandbox.workflow(provision: [
            .address,
            // Each step ends only when all of them have started.
            Step(
                "meet",
                "touch \"$HOME/met-$ENVIRONMENT_NAME\"; while [ $(ls \"$HOME\" | grep -c met-) -lt 6 ]; do sleep 0.02; done",
                timeout: 540),
        ])
        let programs = try (0..<6).map { number in
            try sandbox.start(["env-\(number)", "--workflow", "workflow.json", "--lock-timeout", "0"])
        }
        #expect(await ends(programs).map(\.code) == Array(repeating: 0, count: 6))
    }

    @Test("do not lose an environment that was created while one of them waited to purge")
    func purgeOfNew() async throws {
        // Nothing is stored yet, and the lock is held, so that both commands wait. The new environment must remain in
        // either order.
        try await sandbox.shell("mkdir -p data/my-env && : > data/my-env/state.json.lock")
        let folder = try Folder(sandbox.path("data/my-env"))
        let lock = try #require(try FileLock.attempt("state.json.lock", in: folder))
        let purge = try sandbox.start(["my-env", "--purge", "--lock-timeout", "500"])
        try await wait(for: "the purge to wait") { purge.errors.contains("waiting for a lock") }
        let made = try sandbox.start(["my-env", "--lock-timeout", "500"])
        try await wait(for: "the other to wait") { made.errors.contains("waiting for a lock") }
        try lock.release()
        #expect([0, 78].contains(await purge.end().code))
        #expect(await made.end().code == 0)
        #expect(try sandbox.stateName() == "Configured")
        try sandbox.checkStored()
    }

    @Test("of all kinds on one environment keep it intact")
    func mixed() async throws {
        let commands: [[String]] = [
            [], ["--until", "running"], ["--destroy"], ["--status"], ["--dry-run"], ["--until", "released"],
            ["--purge"], [],
        ]
        let programs = try commands.map { try sandbox.start(["my-env", "--lock-timeout", "500"] + $0) }
        for (outcome, command) in zip(await ends(programs), commands) {
            #expect([0, 66, 78].contains(outcome.code), "\(command)")
            #expect(!outcome.errors.contains("bug"))
        }
        #expect([0, 66].contains(try await sandbox.run("my-env", "--destroy").code))
        #expect(try await sandbox.run("my-env", "--purge").code == 0)
        #expect(try await sandbox.shell("pgrep -f '\(sandbox.root)/.*service[.]sh' || true") == "", "a service is left")
        #expect(try await sandbox.run("my-env").code == 0)
        try sandbox.checkStored()
    }
}
