import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Rolling back")
struct RollbackTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// A running environment that was released with `tag=v1` and then with `tag=v2`.
    ///
    /// - Parameter gate: what the step of run does before it notes the tag.
    private func deployTwice(gate: String = "true") async throws {
        func step(_ phase: String) -> String { "echo \"\(phase) ${PARAM_TAG-none}\" >> log" }
        try sandbox.workflow([
            "provision": ["echo instance_address=10.0.0.7 >> \"$OUTPUTS\""], "release": [step("release")],
            "run": ["\(gate); \(step("run"))"],
        ])
        try await sandbox.succeed(
            "deploy", "web", "--create", "--workflow", "workflow.json", "--until", "running", "--set", "tag=v1")
        try await sandbox.succeed("deploy", "web", "--until", "running", "--from", "release", "--set", "tag=v2")
        try sandbox.write("", to: "log")
    }

    @Test("releases and runs the earlier release, and its history lines say why")
    func back() async throws {
        try await deployTwice()
        let json = try await sandbox.succeed("rollback", "web", "--yes", "--json").json()
        #expect(json["state"]?.string == "running" && json["rollback"]?["parameters"]?["tag"]?.string == "v1")
        #expect(sandbox.lines("log") == ["release v1", "run v1"])
        let history = try await sandbox.succeed("history", "web").output
        #expect(history.contains("running -> releasing: rollback to release"))
    }

    @Test("continues with the command that is named when it was interrupted or has failed")
    func continues() async throws {
        try await deployTwice(gate: "test ! -e closed")
        try sandbox.write("", to: "closed")
        let failed = try await sandbox.run("rollback", "web", "--yes", "--json")
        #expect(failed.code == 1)
        try await sandbox.shell("rm closed")
        let next = try #require(try await sandbox.succeed("show", "web", "--json").json()["next"]?.string)
        #expect(next == "envctl rollback web")
        #expect(try await sandbox.type(next).code == 0)
        #expect(sandbox.lines("log") == ["release v1", "run v1"])
        #expect(try await sandbox.state() == "running")
    }

    @Test(
        "is refused with a plain reason",
        arguments: [
            (["--to", "1"], 78, "no release was completed with serial 1"), (["--to", "0"], 64, "a number from 1"),
            (["--to", "v1"], 64, "whole number"), (["--set", "tag=v1"], 64, "--set"),
        ] as [([String], Int32, String)])
    func refused(options: [String], code: Int32, saying: String) async throws {
        try await deployTwice()
        let outcome = try await sandbox.run(["rollback", "web"] + options)
        #expect(outcome.code == code && outcome.errors.contains(saying), "\(outcome)")
        #expect(sandbox.lines("log") == [])
    }

    @Test("says in a dry run which release it would put into place, and changes nothing")
    func dryRun() async throws {
        try await deployTwice()
        let planned = try await sandbox.succeed("rollback", "web", "--dry-run")
        #expect(planned.output.contains("(tag=v1)") && planned.output.contains("would run  release"))
        #expect(sandbox.lines("log") == [])
    }

    @Test("needs --yes where there is no terminal to ask on")
    func confirmed() async throws {
        try await deployTwice()
        let refused = try await sandbox.type("envctl rollback web")
        #expect(refused.code == 64, "\(refused)")
        #expect(sandbox.lines("log") == [])
        #expect(try refused.next() == "envctl rollback web --yes")
        #expect(try await sandbox.type(refused.next()).code == 0)
    }
}
