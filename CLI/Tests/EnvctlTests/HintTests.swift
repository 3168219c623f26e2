import Foundation
import Testing

@testable import EnvironmentTool

/// Each test brings about a failure, types the command that the last line names, and looks where that leads.
@Suite("The command that a failure names")
struct HintTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test("of a failed step shows what the step printed, and the message has the one that retries")
    func failedStep() async throws {
        try await sandbox.failed("web")
        for command in ["envctl deploy web", "envctl retry web", "envctl configure web"] {
            let failed = try await sandbox.type(command)
            #expect(failed.code == 1)
            #expect(failed.lastWord.contains("Repair the cause, then retry: envctl retry web."))
            #expect(try failed.next() == "envctl logs web step_1")
            #expect(try await sandbox.type(failed.next()).output.contains("looking for go"))
        }
        try await sandbox.shell("touch go")
        #expect(try await sandbox.type("envctl retry web").code == 0)
    }

    @Test("has the place of the store, and so has the advice of a trace")
    func place() async throws {
        try sandbox.workflow(["configure": ["exit 3"]])
        let failed = try await sandbox.type(
            "envctl deploy web --create --data-dir 'else where' --workflow workflow.json")
        #expect(try await sandbox.type(failed.next()).code == 0)
        let trace = try await sandbox.type("envctl trace web --data-dir 'else where'")
        let logs = try #require(trace.output.firstMatch(of: #/Read the whole log of the step: (.+)/#)).1
        #expect(try await sandbox.type(String(logs)).code == 0)
        #expect(try trace.next() == "envctl retry web --data-dir 'else where'")
    }

    @Test(
        "while a record is newer than what is stored applies it, whatever is typed",
        arguments: [
            "show web", "doctor web", "list --json", "resume web", "retry web", "deploy web",
        ])
    func record(command: String) async throws {
        try sandbox.workflow(
            [
                "provision": [
                    "echo instance_address=10.0.0.9 >> \"$OUTPUTS\"",
                    "echo paid >> paid; mv data/web/state.json.lock lock", "echo acted >> acted",
                ]
            ], repeatable: false)
        let failed = try await sandbox.type("envctl deploy web --create --workflow workflow.json")
        #expect(failed.code == 74)
        let recover = try failed.next()
        #expect(recover.hasPrefix("envctl recover web /"))
        try await sandbox.shell("mv lock data/web/state.json.lock")
        let shown = try await sandbox.type("envctl \(command)")
        let text = shown.output + shown.errors
        #expect(text.contains("envctl recover web"), "\(shown)")
        for wrong in ["Next: envctl resume", "Next: envctl rerun", "\"next\":\"envctl resume"] {
            #expect(!text.contains(wrong), "\(shown)")
        }
        #expect(try await sandbox.type(recover).code == 0)
        #expect(sandbox.lines("paid").count == 1)
    }

    @Test("of logs that are not there is not the same again")
    func noLogs() async throws {
        try await sandbox.succeed("create", "web")
        for command in ["envctl logs web", "envctl logs web --list", "envctl logs web make"] {
            let missing = try await sandbox.type(command)
            #expect(missing.code == 66)
            #expect(try missing.next() == "envctl show web")
            #expect(try await sandbox.type(missing.next()).code == 0)
        }
        try await sandbox.succeed("provision", "web", "--create")
        let other = try await sandbox.type("envctl logs web nothing")
        #expect(try other.next() == "envctl logs web --list")
        #expect(try await sandbox.type(other.next()).code == 0)
    }

    @Test("of a step that is not repeatable confirms that it is run again")
    func notRepeatable() async throws {
        try await sandbox.interrupted("web", survives: false, repeatable: false)
        let refused = try await sandbox.type("envctl resume web")
        #expect(refused.code == 78)
        #expect(try refused.next() == "envctl rerun web --step step_1")
        try await sandbox.shell("touch go")
        #expect(try await sandbox.type(refused.next()).code == 0)
    }

    @Test("of a held environment leads to its holder, and of what a step left at work to the processes")
    func held() async throws {
        let program = try await sandbox.atWork("web")
        let refused = try await sandbox.type("envctl deploy web --lock-timeout 0")
        #expect(try refused.next() == "envctl lock web")
        let lock = try await sandbox.type(refused.next())
        #expect(lock.output.contains("kill \(program.identifier)"), "\(lock)")
        try await sandbox.killLeavingOrphan(program)
        let orphaned = try await sandbox.type("envctl resume web --lock-timeout 0")
        #expect(orphaned.code == 75)
        #expect(try orphaned.next() == "envctl lock web")
        #expect(try await sandbox.type(orphaned.next()).output.contains("at work"))
        try await sandbox.killOrphans("web")
    }

    @Test("with another provider shows where the environment is")
    func otherProvider() async throws {
        try await sandbox.failed("web")
        let refused = try await sandbox.type("envctl deploy web --provider local")
        #expect(refused.code == 78)
        #expect(try await sandbox.type(refused.next()).next() == "envctl retry web")
    }

    /// Leaves the environment `web` stopped in the release's second step, which is not repeatable.
    private func interruptedRelease() async throws {
        try sandbox.workflow(
            ["release": ["true", "echo paid >> paid; test -e go || { touch begun; sleep 86400; }"]], repeatable: false)
        let program = try sandbox.start([
            "deploy", "web", "--create", "--workflow", "workflow.json", "--until", "released",
        ])
        try await wait(for: "the step") { sandbox.exists("begun") }
        program.signal(SIGINT)
        #expect(try await program.end().code == 130)
        try await sandbox.shell("touch go")
    }

    @Test(
        "after a stop in a step that is not repeatable confirms the step, in every command that shows a next one",
        arguments: ["show web --json", "list --json", "doctor web --json", "show web"])
    func unconfirmed(command: String) async throws {
        try await interruptedRelease()
        let shown = try await sandbox.type("envctl \(command)")
        #expect(shown.output.contains("envctl rerun web --step step_2"), "\(shown)")
        #expect(try await sandbox.type("envctl rerun web --step step_2").code == 0)
        #expect(sandbox.lines("paid").count == 2)
    }

    @Test(
        "does not pass over such a step by starting an earlier phase again",
        arguments: [
            "envctl deploy web --until released --from provision", "envctl provision web --from-start",
            "envctl plan web --until released --from provision",
        ])
    func earlierPhase(command: String) async throws {
        try await interruptedRelease()
        let refused = try await sandbox.type(command)
        #expect(refused.code == 78, "\(refused)")
        #expect(try refused.next() == "envctl rerun web --step step_2")
        #expect(try await sandbox.type(refused.next()).code == 0)
    }

    @Test("after a stop resumes, and does not start the phase again that was started again")
    func stoppedAgain() async throws {
        try sandbox.workflow(["release": ["echo staged >> staged", "test -e go || { touch begun; sleep 86400; }"]])
        try await sandbox.shell("touch go")
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json", "--until", "released")
        for command in [
            ["deploy", "web", "--until", "released", "--from", "release"], ["release", "web", "--from-start"],
        ] {
            try await sandbox.shell("rm -f go begun staged")
            let program = try sandbox.start(command)
            try await wait(for: "the step") { sandbox.exists("begun") }
            program.signal(SIGINT)
            let stopped = try await program.end()
            #expect(stopped.code == 130)
            try await sandbox.shell("touch go")
            #expect(try await sandbox.type(stopped.next()).code == 0, "\(stopped)")
            #expect(sandbox.lines("staged").count == 1)
        }
    }

    @Test(
        "of a missing address starts provisioning again, whichever command found that out",
        arguments: ["deploy", "provision", "resume", "retry"])
    func addressMissing(command: String) async throws {
        try sandbox.workflow(["provision": ["test -e go"]])
        _ = try await sandbox.type("envctl deploy web --create --workflow workflow.json")
        try await sandbox.shell("touch go")
        let failed = try await sandbox.type("envctl \(command == "resume" ? "retry" : command) web")
        #expect(failed.code == 1 && failed.lastWord.contains("instance_address"), "\(failed)")
        try sandbox.workflow(["provision": ["echo instance_address=10.0.0.7 >> \"$OUTPUTS\""]])
        let way = try #require(
            failed.lastWord.firstMatch(of: #/start the phase again: (envctl .+)\. Next/#), "\(failed)"
        ).1
        #expect(try await sandbox.type(String(way)).code == 0, "\(way)")
    }

    @Test(
        "is none where the command would fail as it did", arguments: ["list", "show web", "deploy web", "create web"])
    func misplaced(command: String) async throws {
        try sandbox.write("mine", to: "file")
        let refused = try await sandbox.type("envctl \(command) --data-dir file")
        #expect(refused.code == 74 && !refused.lastWord.contains("Next:"), "\(refused)")
        #expect(refused.lastWord.contains("mv -n \(sandbox.path("file")) \(sandbox.path("file")).moved"), "\(refused)")
    }
}
