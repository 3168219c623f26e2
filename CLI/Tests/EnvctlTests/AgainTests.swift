import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// The daily job: a phase that was done before is done again, with the same inputs or with others.
@Suite("Doing again")
struct AgainTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Writes a workflow file whose steps write the phase and the tag that they get to `log`.
    private func recordingWorkflow(_ phases: [String: [String]] = [:]) throws {
        func step(_ phase: String) -> String { "echo \"\(phase) ${PARAM_TAG-none}\" >> log" }
        var scripts = [
            "provision": ["echo instance_address=10.0.0.7 >> \"$OUTPUTS\"; \(step("provision"))"],
            "configure": [step("configure")], "release": [step("release")], "run": [step("run")],
        ]
        scripts.merge(phases) { $1 }
        try sandbox.workflow(scripts)
    }

    /// The lines of `log`, which is emptied.
    private func recorded() -> [String] {
        defer { try? FileManager.default.removeItem(atPath: sandbox.path("log")) }
        return sandbox.lines("log")
    }

    /// A workflow's environment that was deployed with `tag=v1`.
    private func deployed(until goal: String, _ phases: [String: [String]] = [:]) async throws {
        try recordingWorkflow(phases)
        try await sandbox.succeed(
            "deploy", "web", "--create", "--workflow", "workflow.json", "--until", goal, "--set", "tag=v1")
        _ = recorded()
    }

    @Test("The local provider releases a second version, and runs it instead of the first")
    func local() async throws {
        try await sandbox.succeed("deploy", "web", "--create", "--until", "running", "--set", "tag=v1")
        let first = try await sandbox.shell("readlink data/web/instance/current")
        try await sandbox.succeed("release", "web", "--set", "tag=v2")
        #expect(try await sandbox.state() == "released")
        #expect(sandbox.read("data/web/instance/current/parameters") == "tag=v2\n")
        #expect(sandbox.read("data/web/instance/previous/parameters") == "tag=v1\n")
        try await sandbox.succeed("run", "web")
        let second = try await sandbox.shell("readlink data/web/instance/current")
        #expect(first != second)
        let release = try #require(second.split(separator: "/").last).trimmingCharacters(in: .newlines)
        try await wait(for: "the second release's heartbeat") {
            sandbox.read("data/web/instance/heartbeat")?.contains(release) == true
        }
        let shown = try await sandbox.succeed("show", "web")
        #expect(shown.output.contains("running") && shown.output.contains("  parameter  tag=v2\n"))
        #expect(try await sandbox.succeed("show", "web", "--json").json()["parameters"]?["tag"]?.string == "v2")
        try await sandbox.succeed("destroy", "web", "--yes")
    }

    @Test("A phase that is complete starts again, and what comes after it has to follow")
    func complete() async throws {
        try await deployed(until: "running")
        for (command, state, next) in [
            ("run", "running", nil), ("release", "released", "run"), ("configure", "configured", "release"),
            ("provision", "provisioned", "configure"),
        ] {
            let outcome = try await sandbox.succeed(command, "web", "--json").json()
            #expect(outcome["state"]?.string == state && outcome["changed"]?.bool == true)
            #expect(outcome["next"]?.string == next.map { "envctl \($0) web" })
            #expect(recorded() == ["\(command) v1"])
        }
    }

    @Test(
        "Every phase can be done again from the last state, with other parameters",
        arguments: [
            "provision", "configure", "release", "run",
        ])
    func fromTheLastState(command: String) async throws {
        try await deployed(until: "running")
        try await sandbox.succeed(command, "web", "--set", "tag=v2")
        #expect(recorded() == ["\(command) v2"])
        try await sandbox.succeed("deploy", "web", "--create", "--until", "running")
        let behind = ["provision", "configure", "release", "run"].drop { $0 != command }.dropFirst()
        #expect(recorded() == behind.map { "\($0) v2" })
    }

    /// What is typed after a phase stopped in its second step, and what its first step had recorded in the end.
    private static let continuations: [(command: String, recorded: [String])] = [
        ("release web", ["v1"]), ("release web --set tag=v1", ["v1"]), ("release web --set tag=v2", ["v1", "v2"]),
        ("release web --from-start", ["v1", "v1"]), ("release web --from-start --set tag=v2", ["v1", "v2"]),
        ("deploy web --until released", ["v1"]), ("deploy web --until released --set tag=v1", ["v1"]),
        ("deploy web --until released --set tag=v2", ["v1", "v2"]),
        ("deploy web --until released --from release", ["v1", "v1"]),
    ]

    @Test(
        "A failed phase is retried; it starts again with other parameters, or when that is asked for",
        arguments: continuations)
    func failed(command: String, recorded: [String]) async throws {
        try await sandbox.deployedTwoStepRelease("test -e go")
        #expect(try await sandbox.run("release", "web", "--set", "tag=v1").code == 1)
        try sandbox.write("", to: "go")
        #expect(try await sandbox.type("envctl \(command)").code == 0)
        #expect(sandbox.lines("log") == recorded)
        #expect(try await sandbox.state() == "released")
    }

    @Test(
        "An interrupted phase is resumed; it starts again with other parameters, or when that is asked for",
        arguments: continuations)
    func interrupted(command: String, recorded: [String]) async throws {
        try await sandbox.deployedTwoStepRelease("test -e go || { touch started; sleep 600; }")
        let program = try sandbox.start(["release", "web", "--set", "tag=v1"])
        try await wait(for: "the step") { sandbox.exists("started") }
        program.signal(SIGINT)
        #expect(try await program.end().code == 130)
        try sandbox.write("", to: "go")
        #expect(try await sandbox.type("envctl \(command)").code == 0)
        #expect(sandbox.lines("log") == recorded)
        #expect(try await sandbox.state() == "released")
    }

    @Test("--from-start goes forward when the phase was never started")
    func fromStartForward() async throws {
        try await deployed(until: "configured")
        try await sandbox.succeed("release", "web", "--from-start")
        #expect(recorded() == ["release v1"])
        let early = try await sandbox.run("provision", "new", "--from-start")
        #expect(early.code == 66)
    }

    @Test(
        "A deployment that has reached its goal with the same inputs is nothing to do",
        arguments: [
            "deploy web", "deploy web --set tag=v1", "deploy web --until provisioned --set tag=v1",
            "deploy web --dry-run",
        ])
    func reached(command: String) async throws {
        try await deployed(until: "configured")
        let before = try await sandbox.listing()
        let outcome = try await sandbox.type("envctl \(command)")
        #expect(outcome.code == 0 && outcome.output.contains("nothing to do"))
        #expect(try await sandbox.listing() == before)
        #expect(recorded() == [])
    }

    @Test(
        "A deployment that has reached its goal with other inputs is refused, and the command it names works",
        arguments: [
            ("provisioned", "envctl deploy web --until provisioned --set tag=v2", ["provision v2"]),
            ("configured", "envctl deploy web --set tag=v2", ["configure v2"]),
            ("released", "envctl deploy web --set=tag=v2 --until=released", ["release v2"]),
            ("running", "envctl deploy web --until running --set tag=v2", ["release v2", "run v2"]),
            (
                "running", "envctl --data-dir data deploy web --set 'tag=a $(b) \"c\"' --until running",
                ["release a $(b) \"c\"", "run a $(b) \"c\""]
            ),
            ("running", "envctl deploy --until running --set tag=v2 -- web", ["release v2", "run v2"]),
            ("running", "envctl plan web --until running --set tag=v2", []),
        ])
    func refused(goal: String, command: String, recorded lines: [String]) async throws {
        try await deployed(until: goal)
        let before = try await sandbox.listing()
        let refused = try await sandbox.type(command)
        #expect(refused.code == 78)
        #expect(refused.lastWord.contains("was completed with tag=v1"))
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.type(refused.next()).code == 0)
        #expect(recorded() == lines)
        #expect(try await sandbox.state() == goal)
    }

    @Test("A deployment whose steps changed after its goal was reached is refused, and the command it names works")
    func changedSteps() async throws {
        try await deployed(until: "running")
        try recordingWorkflow(["release": ["echo other >> log"]])
        let refused = try await sandbox.run("deploy", "web", "--until", "running", "--json")
        #expect(refused.code == 78)
        let error = try refused.json()["error"]
        #expect(error?["message"]?.string?.contains("the steps of release were changed") == true)
        #expect(error?["next"]?.string == "envctl deploy web --until running --json --from release")
        #expect(try await sandbox.type(try #require(error?["next"]?.string)).code == 0)
        #expect(recorded() == ["other", "run v1"])
        try await sandbox.succeed("deploy", "web", "--create", "--until", "running")
        #expect(recorded() == [])
    }

    @Test("A deployment starts again at the phase that --from names, and continues to the goal")
    func from() async throws {
        try await deployed(until: "running")
        try await sandbox.succeed(
            "deploy", "web", "--create", "--until", "running", "--from", "release", "--set", "tag=v2")
        #expect(recorded() == ["release v2", "run v2"])
        #expect(try await sandbox.state() == "running")
        try await sandbox.succeed("deploy", "web", "--create", "--until", "released", "--from", "configure")
        #expect(recorded() == ["configure v2", "release v2"])
        #expect(try await sandbox.state() == "released")
    }

    @Test("--from refuses a phase behind the goal with 64, and one that was never started with 78")
    func fromRefused() async throws {
        try await deployed(until: "configured")
        let before = sandbox.read("data/web/state.json")
        for command in ["deploy", "plan"] {
            let behind = try await sandbox.run(command, "web", "--from", "run", "--until", "released")
            #expect(behind.code == 64 && behind.lastWord.contains("run comes after the goal released"))
            for name in ["web", "new"] {
                let early = try await sandbox.run(
                    [command, name, "--from", "release", "--until", "running"]
                        + (command == "deploy" ? ["--create"] : []))
                #expect(early.code == 78 && early.lastWord.contains("it was never started"))
                #expect(try await sandbox.type(early.next()).code == 0)
            }
            try FileManager.default.removeItem(atPath: sandbox.path("data/new"))
        }
        #expect(sandbox.read("data/web/state.json") == before)
    }

    @Test("A plan shows what would be done again, and changes nothing")
    func plan() async throws {
        try await deployed(until: "running")
        let before = try await sandbox.listing()
        func planned(_ arguments: String...) async throws -> [String] {
            let outcome = try await sandbox.run(["plan", "web", "--until", "running", "--json"] + arguments)
            #expect(outcome.code == 0, "\(outcome)")
            return try outcome.json()["steps"]?.elements.map {
                "\($0["command"]?.string ?? "") \($0["outcome"]?.string ?? "")"
            } ?? []
        }
        #expect(try await planned() == [])
        #expect(try await planned("--set", "tag=v1") == [])
        #expect(try await planned("--from", "run") == ["run planned"])
        #expect(try await planned("--from", "release", "--set", "tag=v2") == ["release planned", "run planned"])
        for command in ["release web --dry-run", "deploy web --until released --from release --dry-run"] {
            let outcome = try await sandbox.type("envctl \(command)")
            #expect(outcome.code == 0 && outcome.output.contains("would run  release step_1"))
        }
        #expect(try await sandbox.listing() == before)
    }

    @Test("A plan with other parameters starts a failed phase again, and with the same ones continues it")
    func planUnfinished() async throws {
        try await sandbox.deployedTwoStepRelease("false")
        #expect(try await sandbox.run("release", "web", "--set", "tag=v1").code == 1)
        for (value, steps) in [
            ("v1", ["step_1  is done already", "step_2  would run"]),
            ("v2", ["step_1  would run", "step_2  would run"]),
        ] {
            let plan = try await sandbox.succeed("plan", "web", "--until", "released", "--set", "tag=\(value)")
            for step in steps { #expect(plan.output.contains("release  \(step)"), "\(plan)") }
        }
    }
}

extension Sandbox {
    /// Configured, with a release whose first step writes its tag to `log` and whose second step is the script.
    fileprivate func deployedTwoStepRelease(_ script: String) async throws {
        try workflow(["release": ["echo \"$PARAM_TAG\" >> log", script]])
        try await succeed("deploy", "web", "--create", "--workflow", "workflow.json")
    }
}
