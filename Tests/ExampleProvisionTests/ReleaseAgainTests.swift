import Foundation
import TestSupport
import Testing

@Suite("A second release")
struct ReleaseAgainTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private func workflow(release: String = "true", run: String = "true") throws {
        try sandbox.workflow(
            provision: [.address],
            release: [
                Step("stage", "echo \"stage $PARAM_TAG\" >> \"$HOME/log\"; \(release)"),
                Step("switch", "echo \"switch $PARAM_TAG\" >> \"$HOME/log\""),
            ],
            run: [Step("start", "echo \"start $PARAM_TAG\" >> \"$HOME/log\"; \(run)")])
    }

    private func deploy(_ more: String...) async throws -> Outcome {
        try await sandbox.run(["my-env", "--workflow", "workflow.json", "--until", "running"] + more)
    }

    @Test("runs the steps of release and run again, and its refusal names the command for that")
    func second() async throws {
        try workflow()
        #expect(try await deploy("--set", "tag=v1").code == 0)
        let refused = try await deploy("--set", "tag=v2", "--json")
        #expect(refused.code == 78)
        #expect(try refused.json()["error"]["kind"].text == "inputs_changed")
        #expect(refused.lastWord.contains("release was completed with tag=v1, and tag=v2 is given"))
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(sandbox.lines("home/log") == ["stage v1", "switch v1", "start v1"])
        #expect(try await sandbox.type(next).code == 0)
        #expect(sandbox.lines("home/log").suffix(3) == ["stage v2", "switch v2", "start v2"])
        let same = try await deploy("--set", "tag=v2")
        #expect(same.code == 0 && same.output.contains("nothing to do"))
        #expect(try sandbox.body()["parameters"]["tag"].text == "v2")
        #expect(try sandbox.body()["completed"]["release"]["parameters"]["tag"].text == "v2")
        try sandbox.checkStored()
    }

    @Test(
        "that was killed in any step completes with the same command, and is never mixed with the first",
        arguments: ["stage", "switch", "start"])
    func killed(step: String) async throws {
        let stop =
            "test $STEP_NAME != \(step) || test $PARAM_TAG = v1 || test -e \"$HOME/once\" || { touch \"$HOME/once\"; exec sleep 600; }"
        try sandbox.workflow(
            provision: [.address],
            release: [
                Step("stage", "\(stop); echo \"stage $PARAM_TAG\" >> \"$HOME/log\""),
                Step("switch", "\(stop); echo \"switch $PARAM_TAG\" >> \"$HOME/log\""),
            ],
            run: [Step("start", "\(stop); echo \"start $PARAM_TAG\" >> \"$HOME/log\"")])
        #expect(try await deploy("--set", "tag=v1").code == 0)
        let again = ["my-env", "--until", "running", "--from", "release", "--set", "tag=v2"]
        let program = try sandbox.start(again)
        try await wait(for: "the step") { sandbox.exists("home/once") }
        program.kill()
        _ = await program.end()
        #expect(try await sandbox.run(again).code == 0)
        #expect(sandbox.lines("home/log").prefix(3) == ["stage v1", "switch v1", "start v1"])
        #expect(sandbox.lines("home/log").suffix(3) == ["stage v2", "switch v2", "start v2"])
        #expect(sandbox.lines("home/log").dropFirst(3).allSatisfy { $0.hasSuffix("v2") })
        try sandbox.checkStored()
    }

    @Test("is required when the steps of its phase were changed, but not those of another")
    func changedSteps() async throws {
        try workflow()
        #expect(try await deploy("--set", "tag=v1").code == 0)
        try workflow(run: "echo changed")
        let released = try await sandbox.run("my-env", "--until", "released")
        #expect(released.code == 0 && released.output.contains("nothing to do"))
        let running = try await sandbox.run("my-env", "--until", "running")
        #expect(running.code == 78 && running.lastWord.hasSuffix("--until running --from run"), "\(running)")
    }

    @Test(
        "is refused with the reason when it is impossible",
        arguments: [
            (["--from", "release"], 78, "was never started"),
            (["--from", "run"], 64, "comes after the goal configured"),
            (["--from", "nowhere"], 64, "provision, configure, release, run"), (["--set", "tag"], 64, "NAME=VALUE"),
            (["--set", "Tag=1"], 64, "parameter name"), (["--set", "a=1", "--set", "a=2"], 64, "twice"),
            (["--status", "--set", "a=1"], 64, "exclude"),
        ] as [([String], Int32, String)])
    func refused(options: [String], code: Int32, saying: String) async throws {
        try workflow()
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let until = options == ["--from", "release"] ? ["--until", "released"] : []
        let outcome = try await sandbox.run(["my-env"] + options + until)
        #expect(outcome.code == code && outcome.lastWord.contains(saying), "\(outcome)")
    }

    @Test("of the local provider runs, and a switch restores the first one")
    func local() async throws {
        func release(_ tag: String, _ more: String...) async throws -> String {
            #expect(try await sandbox.run(["my-env", "--until", "running", "--set", "tag=\(tag)"] + more).code == 0)
            let name = try #require(try sandbox.outputs()["release"])
            let beat = try #require(sandbox.read("data/my-env/instance/heartbeat"))
            #expect(beat.hasSuffix(" \(name)\n"))
            return name
        }
        let first = try await release("v1")
        let second = try await release("v2", "--from", "release")
        #expect(first != second)
        #expect(try await release("v1", "--from", "release") == first)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }
}
