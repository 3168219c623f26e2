import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("A command that a signal stops")
struct StoppedTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(
        "names the command that continues, also after a retry and a rerun",
        arguments: [
            ("retry", "configure: fails", true, "envctl resume web"),
            ("resume", "configure: stops", true, "envctl resume web"),
            ("rerun", "configure: stops", false, "envctl rerun web --step step_1"),
        ])
    func continues(command: String, before: String, repeatable: Bool, next: String) async throws {
        try sandbox.workflow(
            ["configure": ["test -e fail && exit 1; test -e go || { touch begun; sleep 86400; }"]],
            repeatable: repeatable)
        if before == "configure: fails" {
            try await sandbox.shell("touch fail")
            let failed = try await sandbox.run("deploy", "web", "--create", "--workflow", "workflow.json")
            #expect(failed.code == 1)
            try await sandbox.shell("rm fail")
        } else {
            _ = try await stopped(["deploy", "web", "--create", "--workflow", "workflow.json"])
        }
        let outcome = try await stopped([command, "web"] + (command == "rerun" ? ["--step", "step_1"] : []))
        #expect(outcome.code == 130, "\(outcome)")
        #expect(try outcome.next() == next)
        try await sandbox.shell("touch go")
        #expect(try await sandbox.type(outcome.next()).code == 0)
        #expect(try await sandbox.state() == "configured")
    }

    /// Runs a command, and stops it in its step.
    private func stopped(_ arguments: [String]) async throws -> Outcome {
        try await sandbox.shell("rm -f begun")
        let program = try sandbox.start(arguments)
        try await wait(for: "the step") { sandbox.exists("begun") }
        program.signal(SIGINT)
        return try await program.end()
    }

    @Test("in the middle of a move says what was moved, and the same line moves the rest")
    func move() async throws {
        try await sandbox.shell("for number in $(seq 10 49); do \"$PROGRAM\" create web-$number >/dev/null; done")
        let program = try sandbox.start(["migrate-store", "--to", "other", "--json"])
        try await wait(for: "the first move") { sandbox.exists("other/web-10/state.json") }
        program.signal(SIGINT)
        let outcome = try await program.end()
        #expect(outcome.code == 130, "\(outcome)")
        let moves = try #require(try outcome.json()["environments"]?.elements)
        #expect(moves.allSatisfy { $0["outcome"]?.string == "moved" } && moves.count < 40, "\(outcome)")
        #expect(outcome.lastWord.contains("\(moves.count) environment"), "\(outcome)")
        #expect(try await sandbox.type(outcome.next()).code == 0)
        #expect(
            try await sandbox.succeed("list", "--store", "other", "--json").json()["environments"]?.elements.count == 40
        )
    }

    @Test("while it waits says so with --json too, in one object")
    func waiting() async throws {
        let holder = try await sandbox.atWork("web", survives: false)
        let program = try sandbox.start([
            "freeze", "web", "--reason", "x", "--json", "--lock-timeout", "600", "--verbose",
        ])
        try await wait(for: "the wait for the lock") {
            try await sandbox.shell("grep -l . /proc/\(program.identifier)/comm") != ""
                && !program.errors.isEmpty
        }
        program.signal(SIGTERM)
        let outcome = try await program.end()
        #expect(outcome.code == 143, "\(outcome)")
        #expect(try outcome.json()["error"]?["kind"]?.string == "interrupted")
        holder.signal(SIGINT)
        _ = try await holder.end()
    }
}

@Suite("What is left of an environment")
struct RemainsTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// What a person, or a program that cleans up, removed.
    enum Loss: String, CaseIterable, Sendable {
        case checkpoint = "rm data/web/state.json"
        case allButLogsOfSteps = "cd data/web; ls -A | grep -vx logs | xargs rm -rf"
        case allButHistory = "cd data/web; ls -A | grep -vx history.jsonl | xargs rm -rf"
    }

    @Test("is neither overwritten nor taken for nothing, and list shows it", arguments: Loss.allCases)
    func kept(loss: Loss) async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        try sandbox.write(try await sandbox.succeed("export", "web").output, to: "web.json")
        try await sandbox.shell(loss.rawValue)
        let before = try await sandbox.shell("find data/web -type f -exec cksum {} + | sort")
        for arguments in [["create", "web"], ["import", "web.json"]] {
            let refused = try await sandbox.run(arguments)
            #expect([65, 78].contains(refused.code), "\(arguments): \(refused)")
            #expect(refused.lastWord.contains("Next: envctl "), "\(refused)")
        }
        let plan = try await sandbox.run("plan", "web")
        #expect(plan.code == (loss == .allButLogsOfSteps ? 65 : 0), "\(plan)")
        #expect(!plan.output.contains("would be created"))
        #expect(try await sandbox.run("list").output.contains("web"))
        // A lock may be made; nothing that was there is another.
        let after = try await sandbox.shell("find data/web -type f -exec cksum {} + | sort")
        for line in before.split(separator: "\n") { #expect(after.contains(line), "\(loss): \(line)") }
    }
}
