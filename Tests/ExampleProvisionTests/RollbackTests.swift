import Foundation
import TestSupport
import Testing

@Suite("A rollback by a program")
struct RollbackTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Writes a workflow with steps that record their names; the step in `home/stop` waits, and the step in `home/fail`
    /// fails.
    private func workflow() throws {
        func step(_ name: String) -> Step {
            Step(
                name,
                """
                if [ "$(cat "$HOME/stop" 2>/dev/null)" = "$STEP_NAME" ]; then
                    touch "$HOME/reached"; exec sleep 600
                fi
                [ "$(cat "$HOME/fail" 2>/dev/null)" != "$STEP_NAME" ]
                echo "$STEP_NAME ${PARAM_TAG-none}" >> "$HOME/log"
                """)
        }
        try sandbox.workflow(
            provision: [.address], release: [step("stage"), step("switch")], run: [step("start"), step("check")])
    }

    private static let steps = ["stage", "switch", "start", "check"]

    private func deploy(_ tag: String, _ more: String...) async throws -> Outcome {
        try await sandbox.run(["my-env", "--until", "running", "--set", "tag=\(tag)"] + more)
    }

    /// Deploys `tag=v1` and `tag=v2`, and returns the serials of both releases.
    private func deployTwice() async throws -> [Int] {
        try workflow()
        #expect(try await deploy("v1", "--workflow", "workflow.json").code == 0)
        #expect(try await deploy("v2", "--from", "release").code == 0)
        try sandbox.write("", to: "home/log")
        return try sandbox.history().filter { $0["to"].text == "released" }.compactMap { $0["serial"].integer }
    }

    @Test("releases and runs the previous release, and its history contains the reason")
    func back() async throws {
        let serials = try await deployTwice()
        let planned = try await sandbox.run("my-env", "--rollback", "--dry-run")
        #expect(planned.code == 0 && planned.output.contains("release \(serials[0]) (tag=v1)"))
        #expect(sandbox.lines("home/log") == [])
        let outcome = try await sandbox.run("my-env", "--rollback", "--json")
        let json = try outcome.json()
        #expect(outcome.code == 0 && json["state"].text == "running" && json["changed"].truth == true)
        #expect(json["rollback"]["serial"].integer == serials[0])
        #expect(json["rollback"]["parameters"]["tag"].text == "v1")
        #expect(outcome.errors.contains("INFO rolling back environment_name=my-env release=\"\(serials[0]) (tag=v1)\""))
        #expect(sandbox.lines("home/log") == Self.steps.map { "\($0) v1" })
        let reasons = try sandbox.history().compactMap { $0["reason"].text }
        #expect(reasons.count == 11 && reasons.allSatisfy { $0.hasPrefix("rollback to release \(serials[0])") })
        #expect(try await deploy("v1").output.contains("nothing to do"))
        let twice = try await sandbox.run("my-env", "--rollback")
        #expect(twice.code == 0 && twice.output.contains("back to \(serials[1]) (tag=v2)"), "\(twice)")
        #expect(try sandbox.body()["parameters"]["tag"].text == "v2")
        try sandbox.checkStored()
    }

    @Test(
        "that was killed in any step completes with the same command, and never mixes two releases", arguments: steps)
    func killed(step: String) async throws {
        let serials = try await deployTwice()
        try sandbox.write(step, to: "home/stop")
        let program = try sandbox.start(["my-env", "--rollback"])
        try await wait(for: "the step") { sandbox.exists("home/reached") }
        program.kill()
        _ = await program.end()
        try await sandbox.shell("rm home/stop")
        let status = try await sandbox.run("my-env", "--status")
        #expect(status.output.contains("  next       example-provision my-env --rollback\n"), "\(status)")
        let again = try await sandbox.run("my-env", "--rollback")
        #expect(again.code == 0 && again.output.contains("back to \(serials[0]) (tag=v1)"), "\(again)")
        #expect(sandbox.lines("home/log") == Self.steps.map { "\($0) v1" })
        #expect(try sandbox.stateName() == "Running")
        #expect(try sandbox.body()["rollback"] == .null)
        try sandbox.checkStored()
    }

    @Test("that fails in a step is retried by the command that the status names", arguments: steps)
    func failed(step: String) async throws {
        _ = try await deployTwice()
        try sandbox.write(step, to: "home/fail")
        let failed = try await sandbox.run("my-env", "--rollback")
        #expect(failed.code == 1 && failed.lastWord.contains("then retry: example-provision my-env --rollback."))
        try await sandbox.shell("rm home/fail")
        let next = try await sandbox.run("my-env", "--status", "--json").json()["next"].text
        #expect(next == "example-provision my-env --rollback")
        #expect(try await sandbox.type(try #require(next)).code == 0)
        #expect(sandbox.lines("home/log") == Self.steps.map { "\($0) v1" })
        #expect(try sandbox.stateName() == "Running")
    }

    @Test("restores the release before a failed one", arguments: steps)
    func afterFailure(step: String) async throws {
        try workflow()
        #expect(try await deploy("v1", "--workflow", "workflow.json").code == 0)
        try sandbox.write(step, to: "home/fail")
        #expect(try await deploy("v2", "--from", "release").code == 1)
        try await sandbox.shell("rm home/fail; : > home/log")
        #expect(try await sandbox.run("my-env", "--rollback").code == 0)
        #expect(sandbox.lines("home/log") == Self.steps.map { "\($0) v1" })
        #expect(try sandbox.stateName() == "Running")
        try sandbox.checkStored()
    }

    @Test(
        "is refused with the reason when it is impossible",
        arguments: [
            ([], 78, "no earlier release with other parameters"), (["--to", "1"], 78, "with serial 1"),
            (["--to", "999"], 78, "no state of serial 999"), (["--to", "0"], 64, "a number from 1"),
            (["--to", "-1"], 64, "a number from 1"), (["--to", "v1"], 64, "a number from 1"),
            (["--set", "tag=v1"], 64, "exclude"), (["--from", "release"], 64, "exclude"),
            (["--until", "running"], 64, "exclude"), (["--destroy"], 64, "exclude"),
            (["--ssh-user", "me"], 64, "exclude"),
        ] as [([String], Int32, String)])
    func refused(options: [String], code: Int32, saying: String) async throws {
        try workflow()
        #expect(try await deploy("v1", "--workflow", "workflow.json").code == 0)
        let before = sandbox.read("data/my-env/history.jsonl")
        let outcome = try await sandbox.run(["my-env", "--rollback"] + options)
        #expect(outcome.code == code && outcome.lastWord.contains(saying), "\(outcome)")
        #expect(sandbox.read("data/my-env/history.jsonl") == before)
    }

    @Test("of a missing environment ends with 66, and --to alone is a usage error")
    func notThere() async throws {
        #expect(try await sandbox.run("my-env", "--rollback").code == 66)
        #expect(try await sandbox.run("my-env", "--to", "3").code == 64)
        #expect(!sandbox.exists("data/my-env"))
    }

    @Test(
        "of the local provider is a switch, also when it is killed at any step",
        arguments: ["stage_release", "switch_release", "start_service", "check_service"])
    func local(step: String) async throws {
        func deploy(_ tag: String, _ more: String...) async throws -> String {
            #expect(try await sandbox.run(["my-env", "--until", "running", "--set", "tag=\(tag)"] + more).code == 0)
            return try #require(try sandbox.outputs()["release"])
        }
        let first = try await deploy("it's v1\nreally")
        let serial = try #require(try sandbox.body()["completed"]["release"]["serial"].integer)
        _ = try await deploy("v2", "--from", "release")
        let command = ["my-env", "--rollback", "--to", "\(serial)"]
        let program = try sandbox.start(command)
        try await wait(for: "the step", every: .milliseconds(1)) { program.errors.contains(" \(step)\n") }
        program.kill()
        _ = await program.end()
        #expect(try await sandbox.run(command).code == 0)
        #expect(try sandbox.outputs()["release"] == first)
        #expect(sandbox.read("data/my-env/instance/current/parameters") == "tag='it'\\''s v1\nreally'\n")
        #expect(sandbox.read("data/my-env/instance/previous/parameters") == "tag=v2\n")
        #expect(sandbox.read("data/my-env/instance/heartbeat")?.hasSuffix(" \(first)\n") == true)
        #expect(try await sandbox.run("my-env", "--validate").code == 0)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }
}
