import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Doing")
struct DoTests {
    @Test("An environment goes through its whole life, one command after the other")
    func life() async throws {
        let sandbox = try Sandbox()
        for (command, state) in [
            ("create", "created"), ("provision", "provisioned"), ("configure", "configured"), ("release", "released"),
            ("run", "running"), ("destroy", "destroyed"),
        ] {
            let outcome = try await sandbox.succeed(
                [command, "web", "--json"] + (command == "destroy" ? ["--yes"] : []))
            let json = try outcome.json()
            #expect(json["state"]?.string == state)
            #expect(json["changed"]?.bool == true)
            #expect(try await sandbox.state() == state)
        }
        let purged = try await sandbox.succeed("purge", "web", "--yes").output
        #expect(purged.hasPrefix("purged web: only its lock remains"))
        #expect(purged.contains("  removed    \(sandbox.path("data/web/state.json"))\n"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("data/web")) == ["state.json.lock"])
        #expect(try await sandbox.run("show", "web").code == 66)
    }

    @Test("A command that comes too early is refused and names the one before it")
    func tooEarly() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        for command in ["configure", "release", "run"] {
            let outcome = try await sandbox.run(command, "web")
            #expect(outcome.code == 78)
            #expect(outcome.lastWord.contains("from which provision comes before \(command)"))
            #expect(outcome.lastWord.hasSuffix("Next: envctl provision web"))
        }
        #expect(try await sandbox.state() == "created")
        for command in ["provision", "configure", "destroy", "resume", "retry", "purge"] {
            #expect(try await sandbox.run(command, "nope").code == (command == "purge" ? 0 : 66))
        }
    }

    @Test("What is reached already is nothing to do")
    func reached() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let before = try await sandbox.listing()
        for arguments in [["deploy", "web"], ["deploy", "web", "--until", "provisioned"]] {
            let outcome = try await sandbox.run(arguments)
            #expect(outcome.code == 0 && outcome.output.contains("nothing to do"))
        }
        #expect(try await sandbox.listing() == before)
    }

    @Test("An environment that is there is not created again")
    func createTwice() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web", "--ssh-user", "me", "--ssh-port", "2222")
        let outcome = try await sandbox.run("create", "web")
        #expect(outcome.code == 78 && outcome.lastWord.contains("envctl show web"))
        let json = try await sandbox.succeed("show", "web", "--json").json()
        #expect(json["ssh_credentials"]?["ssh_username"]?.string == "me" && json["ssh_port"]?.integer == 2222)
    }

    @Test("The provider is remembered, so that a resume cannot pick another by accident")
    func remembered() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        #expect(try await sandbox.run("retry", "web").code == 1)
        let other = try await sandbox.run("retry", "web", "--provider", "local")
        #expect(other.code == 78 && other.lastWord.contains("provider workflow"))
        try sandbox.write("", to: "go")
        try await sandbox.succeed("retry", "web")
        #expect(try await sandbox.state() == "configured")
        try FileManager.default.removeItem(atPath: sandbox.path("web.json"))
        let gone = try await sandbox.run("release", "web")
        #expect(gone.code == 64 && gone.lastWord.contains("web.json"))
    }

    @Test("What was interrupted is resumed, and what failed is retried; not the other way round")
    func goingOn() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("failed")
        try await sandbox.interrupted("interrupted", survives: false)
        try await sandbox.killOrphans("interrupted")
        try await sandbox.succeed("deploy", "fine", "--create")
        #expect(try await sandbox.run("resume", "failed").lastWord.hasSuffix("Next: envctl retry failed"))
        #expect(try await sandbox.run("retry", "interrupted").lastWord.hasSuffix("Next: envctl resume interrupted"))
        for command in ["resume", "retry"] {
            #expect(try await sandbox.run(command, "fine").code == 78)
        }
        try sandbox.write("", to: "go")
        #expect(try await sandbox.succeed("resume", "interrupted").errors.contains("resuming from there"))
        try await sandbox.succeed("retry", "failed")
        for name in ["interrupted", "failed"] { #expect(try await sandbox.state(name) == "configured") }
    }

    @Test("A step that must not be repeated is repeated only when it is named")
    func rerun() async throws {
        let sandbox = try Sandbox()
        try await sandbox.interrupted("web", survives: false, repeatable: false)
        try await sandbox.killOrphans("web")
        try sandbox.write("", to: "go")
        let refused = try await sandbox.run("resume", "web")
        #expect(refused.code == 78 && refused.lastWord.hasSuffix("Next: envctl rerun web --step step_1"))
        let other = try await sandbox.run("rerun", "web", "--step", "make")
        #expect(other.code == 78 && other.lastWord.contains("web stopped in step_1."))
        #expect(other.lastWord.hasSuffix("Next: envctl rerun web --step step_1"))
        #expect(try await sandbox.run("rerun", "web", "--step", "Bad Step").code == 64)
        try await sandbox.succeed("rerun", "web", "--step", "step_1")
        #expect(try await sandbox.state() == "configured")
    }

    @Test("A plan says which steps would run and which are done, and changes nothing")
    func plan() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(["configure": ["true", "false"], "release": ["true"], "destroy": ["true"]])
        #expect(
            try await sandbox.succeed("plan", "web", "--workflow", "workflow.json").output
                .hasPrefix("Environment 'web' would be created\n"))
        #expect(!sandbox.exists("data"))
        _ = try await sandbox.run("deploy", "web", "--create", "--workflow", "workflow.json")
        let before = try await sandbox.listing()
        let json = try await sandbox.succeed("plan", "web", "--until", "released", "--json").json()
        let steps = json["steps"]?.elements.map {
            "\($0["command"]?.string ?? "") \($0["name"]?.string ?? "") \($0["outcome"]?.string ?? "")"
        }
        #expect(steps == ["configure step_1 skipped", "configure step_2 planned", "release step_1 planned"])
        #expect(try await sandbox.succeed("plan", "web", "--destroy").output.contains("destroy  step_1  would run"))
        #expect(
            try await sandbox.succeed("deploy", "web", "--create", "--dry-run").output.contains(
                "would run  configure step_2"))
        #expect(try await sandbox.listing() == before)
    }

    @Test("A purge refuses what is not destroyed and what still works, and says what it would remove")
    func purge() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let early = try await sandbox.run("purge", "web", "--yes")
        #expect(early.code == 78 && early.lastWord.hasSuffix("Next: envctl destroy web"))
        try sandbox.workflow(["destroy": ["(sleep 600) & disown 2>/dev/null; sleep 600"]])
        try await sandbox.succeed("destroy", "web", "--yes")
        let planned = try await sandbox.succeed("purge", "web", "--dry-run").output
        #expect(planned.contains("  \(sandbox.path("data/web/history.jsonl"))\n"))
        #expect(sandbox.exists("data/web/state.json"))
        // Something that holds the lock which every program of a step inherits.
        let orphan = try sandbox.start(
            [], shell: "exec 3<>data/web/busy; flock 3; echo locked; exec sleep 600")
        try await wait(for: "the lock") { orphan.output.contains("locked") }
        for arguments in [["purge", "web", "--dry-run"], ["purge", "web"], ["purge", "web", "--yes"]] {
            let outcome = try await sandbox.run(arguments)
            #expect(outcome.code == 75, "\(outcome)")
        }
        #expect(sandbox.exists("data/web/state.json"))
        orphan.signal(SIGKILL)
        _ = try await orphan.end()
        try await sandbox.succeed("purge", "web", "--yes")
    }

    @Test("A command waits for another no longer than it is told to, and says who holds the environment")
    func contention() async throws {
        let sandbox = try Sandbox()
        let program = try await sandbox.atWork("web")
        let outcome = try await sandbox.run("deploy", "web", "--lock-timeout", "0.1", "--json")
        #expect(outcome.code == 75)
        let error = try outcome.json()["error"]
        #expect(error?["holder"]?["pid"]?.integer == Int64(program.identifier))
        #expect(error?["next"]?.string == "envctl lock web")
        program.signal(SIGINT)
        let stopped = try await program.end()
        #expect(stopped.code == 130)
        #expect(stopped.errors.contains("stopping"))
        #expect(try await sandbox.succeed("show", "web").output.contains("configure, interrupted"))
    }

    @Test("A full disk is an error that leaves what was stored and names the record to apply")
    func unwritable() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(["configure": ["chmod 500 '\(sandbox.path("data/web"))'", "true"]])
        let outcome = try await sandbox.run(
            "deploy", "web", "--create", "--workflow", "workflow.json",
            shell: "ulimit -f 0; exec \"$@\"")
        #expect(outcome.code == 74, "\(outcome)")
    }
}
