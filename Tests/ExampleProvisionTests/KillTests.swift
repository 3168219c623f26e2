import OperatingSystem
import TestSupport
import Testing

@Suite("A run that was killed", .slow, .serialized)
struct KillTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static let phases = ["provision", "configure", "release", "run"]
    static let steps = phases.flatMap { phase in (1...3).map { "\(phase)_\($0)" } }

    /// Writes a workflow with three steps for each phase.
    ///
    /// Each step writes a trace at its start and its end, and sets an output in between. The step that the file `stop`
    /// names waits there.
    private func tracingWorkflow() throws {
        func steps(_ phase: String) -> [Step] {
            (1...3).map { number in
                Step(
                    "\(phase)_\(number)",
                    """
                    echo "start $STEP_NAME" >> "$HOME/trace"
                    echo "of_$STEP_NAME=$(wc -l < "$HOME/trace")" >> "$OUTPUTS"
                    if [ "$(cat "$HOME/stop" 2>/dev/null)" = "$STEP_NAME" ]; then
                        trap '' TERM
                        echo reached > "$HOME/reached"
                        exec sleep 600
                    fi
                    echo instance_address=127.0.0.1 >> "$OUTPUTS"
                    echo "end $STEP_NAME" >> "$HOME/trace"
                    """)
            }
        }
        try sandbox.workflow(
            provision: steps("provision"), configure: steps("configure"), release: steps("release"), run: steps("run"),
            destroy: steps("destroy"))
    }

    private var command: [String] { ["my-env", "--workflow", "workflow.json", "--until", "running"] }

    @Test("in the middle of a step resumes with that step and repeats no other", arguments: steps)
    func inStep(step: String) async throws {
        try tracingWorkflow()
        try sandbox.write(step, to: "home/stop")
        let program = try sandbox.start(command)
        try await wait(for: "step \(step)") { sandbox.exists("home/reached") }
        try await sandbox.killLeavingOrphan(program)
        // The step still runs; the next run may start only after it has ended.
        try await sandbox.shell("rm home/stop")
        let orphans = try await sandbox.run("my-env", "--until", "running", "--lock-timeout", "0")
        #expect(orphans.code == 75)
        let orphan = try #require(orphans.lastWord.firstMatch(of: #/process (\d+)/#).flatMap { Int32($0.1) })
        ThisProcess.signal(Signals.kill, to: orphan)
        let status = try await sandbox.run("my-env", "--status")
        #expect(status.output.contains("stopped in \(step)"))

        let again = try await sandbox.run(command)
        #expect(again.code == 0)
        #expect(try sandbox.stateName() == "Running")
        try sandbox.checkStored()
        let expected = Self.steps.flatMap { name in
            (name == step ? ["start \(name)"] : []) + ["start \(name)", "end \(name)"]
        }
        #expect(sandbox.lines("home/trace") == expected)
        // The outputs of the killed step are kept; the repeated step only adds to them.
        #expect(try sandbox.outputs()["of_\(step)"] != nil)
        #expect(try sandbox.outputs().count == Self.steps.count + 1)
        #expect(try await sandbox.run(command).output.contains("nothing to do"))
    }

    @Test("keeps the complete lines of the killed step's outputs")
    func orphaned() async throws {
        try sandbox.workflow(provision: [
            Step(
                "order",
                """
                if [ -z "${OUTPUT_ORDER:-}" ]; then
                    printf 'order=17\\ntorn=hal' >> "$OUTPUTS"
                    kill -9 $PPID
                fi
                echo "again with $OUTPUT_ORDER" > "$HOME/seen"
                """),
            .address,
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").end == .signalled(9))
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(sandbox.read("home/seen") == "again with 17\n")
        #expect(try sandbox.outputs() == ["order": "17", "instance_address": "127.0.0.1"])
        try sandbox.checkStored()
    }

    @Test("can also be destroyed", arguments: ["kill -9 $PPID", "exit 1", "kill -15 $PPID; sleep 600"])
    func destroyed(end: String) async throws {
        try sandbox.workflow(
            provision: [.address, Step("end", end)],
            destroy: [Step("look", "echo $OUTPUT_INSTANCE_ADDRESS > \"$HOME/address\"")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code != 0)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(try sandbox.stateName() == "Destroyed")
        #expect(sandbox.read("home/address") == "127.0.0.1\n")
        try sandbox.checkStored()
    }

    @Test("in a destroy resumes the destroy, and every other changing command is refused until then")
    func inDestroy() async throws {
        try tracingWorkflow()
        #expect(try await sandbox.run(command).code == 0)
        try sandbox.write("destroy_2", to: "home/stop")
        let program = try sandbox.start(["my-env", "--destroy"])
        try await wait(for: "the destroy") { sandbox.exists("home/reached") }
        try await sandbox.killLeavingOrphan(program)
        let busy = try await sandbox.run("my-env", "--destroy", "--lock-timeout", "0")
        #expect(busy.code == 75)
        let orphan = try #require(busy.lastWord.firstMatch(of: #/process (\d+)/#).flatMap { Int32($0.1) })
        ThisProcess.signal(Signals.kill, to: orphan)
        try await sandbox.shell("rm home/stop")
        #expect(try sandbox.stateName() == "Running")
        for arguments in [
            ["my-env"], ["my-env", "--until", "running"], ["my-env", "--dry-run"], ["my-env", "--purge"],
        ] {
            let refused = try await sandbox.run(arguments)
            #expect(refused.code == 78)
            #expect(refused.lastWord.contains("--destroy"))
        }
        #expect(try await sandbox.run("my-env", "--status").output.contains("destroy"))
        let plan = try await sandbox.run("my-env", "--destroy", "--dry-run", "--json").json()
        #expect(plan["steps"].elements?.map(\.["name"].text) == ["destroy_2", "destroy_3"])
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(try sandbox.stateName() == "Destroyed")
        #expect(
            sandbox.lines("home/trace").suffix(7) == [
                "start destroy_1", "end destroy_1", "start destroy_2", "start destroy_2", "end destroy_2",
                "start destroy_3", "end destroy_3",
            ])
        try sandbox.checkStored()
    }

    @Test("or stopped in a step that is not repeatable waits for confirmation", arguments: [9, 15])
    func notRepeatable(signal: Int) async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "pay",
                "echo paid >> \"$HOME/paid\"; [ -e \"$HOME/second\" ] || { kill -\(signal) $PPID; [ \(signal) = 9 ] || sleep 600; }",
                repeatable: false), Step("after", "true"),
        ])
        let killed = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(killed.end == (signal == 9 ? .signalled(9) : .exited(143)))
        try sandbox.write("", to: "home/second")
        for arguments in [["my-env"], ["my-env", "--dry-run"], ["my-env", "--rerun", "after"]] {
            let refused = try await sandbox.run(arguments)
            #expect(refused.code == 78)
            #expect(refused.lastWord.contains("pay") && refused.lastWord.contains("--rerun pay"))
        }
        #expect(sandbox.lines("home/paid").count == 1)
        let json = try await sandbox.run("my-env", "--json").json()["error"]
        #expect(json["code"].integer == 78 && json["kind"].text == "not_repeatable" && json["step"].text == "pay")
        #expect(json["next"].text == "example-provision my-env --rerun pay")
        #expect(try await sandbox.run("my-env", "--rerun", "pay").code == 0)
        #expect(sandbox.lines("home/paid").count == 2)
        try sandbox.checkStored()
    }

    // Scripts/harness does the same for thousands of runs.
    @Test("at any moment of the local run ends in Configured after the same command again")
    func random() async throws {
        var generator = SplitMix(state: 20_261_120)
        for number in 0..<6 {
            let name = "env-\(number)"
            let command = [name, "--until", number % 3 == 0 ? "running" : "configured"]
            var kills = 0
            for _ in 0..<3 {
                let program = try sandbox.start(command)
                try await Task.sleep(for: .microseconds(Int.random(in: 500...45_000, using: &generator)))
                program.kill()
                if await program.end().end == .signalled(9) { kills += 1 }
            }
            let outcome = try await sandbox.run(command)
            #expect(outcome.code == 0, "after \(kills) kills")
            #expect(try sandbox.stateName(name) == (number % 3 == 0 ? "Running" : "Configured"))
            try sandbox.checkStored(name)
            #expect(try await sandbox.run(command).output.contains("nothing to do"))
            #expect(try await sandbox.run(name, "--destroy").code == 0)
            try sandbox.checkStored(name)
        }
    }
}

/// A random number generator with a seed (Steele, Lea and Flood 2014), which is the same on every system.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
