import Foundation
import JSONText
import Testing

@testable import envctl

@Suite("Repairing")
struct RepairTests {
    private func kinds(_ sandbox: Sandbox, _ name: String = "web") async throws -> [String?] {
        let json = try await sandbox.run("doctor", name, "--json").json()
        return json["environments"]?.elements.first?["findings"]?.elements.map { $0["kind"]?.string } ?? []
    }

    @Test("A healthy environment has nothing wrong with it")
    func healthy() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        let before = try await sandbox.listing()
        #expect(try await sandbox.succeed("doctor", "web").output == "web: nothing is wrong\n")
        #expect(try await sandbox.succeed("doctor", "--all").output == "web: nothing is wrong\n")
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.run("doctor").code == 64)
        #expect(try await sandbox.run("doctor", "web", "--all").code == 64)
    }

    @Test("What needs no decision is repaired, and told")
    func fix() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        try await sandbox.shell(
            "cd data/web; chmod 755 .; chmod 644 state.json; touch .state.9.abc.tmp; printf torn >> history.jsonl")
        let found = try await sandbox.run("doctor", "web")
        #expect(found.code == 0)
        #expect(found.output.hasPrefix("web: 4 warnings\n"))
        #expect(found.output.contains("next: envctl doctor web --fix"))
        let fixed = try await sandbox.succeed("doctor", "web", "--fix").output
        #expect(fixed.contains("  repaired modes, temporary_file, torn_history\n"), "\(fixed)")
        #expect(try await kinds(sandbox) == ["set_aside"])
    }

    @Test(
        "A problem is found, makes the exit code, and names its way out",
        arguments: [
            ("truncate -s 0 data/web/state.json", "deserialization_failed", "envctl backup restore web"),
            ("sed -i s/env-web/repaired/ data/web/state.json", "checksum_mismatch", "envctl accept-edit web"),
            ("sed -i s/configured/x/ data/web/state.json", "checksum_mismatch", "envctl backup restore web"),
            ("rm data/web/state.json; mkfifo data/web/state.json", "not_regular_file", "envctl backup restore web"),
            ("rm data/web/state.json", "state_missing", "envctl backup restore web"),
            ("rm -r data/web/state.json data/web/backups", "state_missing", "envctl purge web"),
            ("rm -r data/web/backups; truncate -s 9 data/web/state.json", "deserialization_failed", nil),
            ("rm data/web/state.json.lock; mkdir data/web/state.json.lock", "lock_unusable", nil),
            ("sed -i 's/\"schema_version\" : 1/\"schema_version\" : 99/' data/web/state.json", "schema_too_new", nil),
        ])
    func problems(script: String, kind: String, next: String?) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        try await sandbox.shell(script)
        let outcome = try await sandbox.run("doctor", "web", "--fix", "--json")
        #expect(outcome.code == 65)
        let finding = try outcome.json()["environments"]?.elements.first?["findings"]?.elements.first
        #expect(finding?["kind"]?.string == kind)
        #expect(finding?["severity"]?.string == "problem")
        #expect(finding?["next"]?.string == next)
    }

    @Test(
        "Typing what is said to come next leads out of every damage",
        arguments: [
            "truncate -s 100 state.json", ": >state.json", "printf x >state.json", "rm state.json",
            "rm state.json; mkfifo state.json", "rm state.json; mkdir state.json",
            "rm state.json; ln -s /etc/passwd state.json", "truncate -s 1T state.json",
            "sed -i s/configured/x/ state.json", "sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 23/' state.json",
        ])
    func wayOut(harm: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        try await sandbox.shell("cd data/web; \(harm)")
        var outcome = try await sandbox.run("show", "web")
        #expect(outcome.code == 65 || outcome.code == 66)
        var typed: [String] = []
        while !outcome.output.contains("in state: configured"), typed.count < 4 {
            let next = (outcome.errors + outcome.output).matches(of: /(?:Next: |next {7})envctl (.+)/).last
            typed.append(String(try #require(next, "\(outcome)").1))
            outcome = try await sandbox.run(typed.last?.split(separator: " ").map(String.init) ?? [])
        }
        #expect(outcome.output.contains("in state: configured"), "\(typed): \(outcome)")
    }

    @Test("What a killed command left working is found, and how to stop it")
    func orphans() async throws {
        let sandbox = try Sandbox()
        try await sandbox.interrupted("web")
        let report = try await sandbox.run("doctor", "web").output
        #expect(report.contains("interrupted in step step_1"))
        #expect(report.contains("next: envctl resume web"))
        #expect(report.contains("still works") && report.contains("next: kill "))
        try await sandbox.killOrphans("web")
        #expect(try await kinds(sandbox) == ["abandoned", "interrupted"])
    }

    @Test("A lost key, a lost workflow file and a freeze are found")
    func circumstances() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        try await sandbox.succeed("freeze", "web", "--reason", "x")
        try await sandbox.shell("rm web.json")
        #expect(try await kinds(sandbox) == ["provider", "failed", "frozen"])
        try await sandbox.succeed("deploy", "keys", "--until", "provisioned")
        try await sandbox.shell("chmod 644 data/keys/keys/id_ed25519")
        #expect(try await kinds(sandbox, "keys") == ["key_modes"])
        try await sandbox.shell("rm data/keys/keys/id_ed25519")
        #expect(try await kinds(sandbox, "keys") == ["key_missing"])
    }

    // MARK: Backups and edits

    @Test("Backups are listed, compared and put back with a reason")
    func backups() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        let list = try await sandbox.succeed("backup", "list", "web").lines
        #expect(list.count == 7 && list[1].hasPrefix("14") && list[1].contains("configuring"))
        try await sandbox.shell("printf x > data/web/backups/state.12.json")
        #expect(try await sandbox.succeed("backup", "list", "web").output.contains("DAMAGED"))
        let diff = try await sandbox.succeed("backup", "diff", "web", "--serial", "14").lines
        #expect(diff.prefix(2) == ["--- serial 14", "+++ serial 15"])
        #expect(diff.contains("-  \"Configuring\" : {") && diff.contains("+  \"Configured\" : {"))
        #expect(
            try await sandbox.succeed("backup", "diff", "web", "--serial", "14", "--with", "14").output
                == "nothing differs\n")
        let restored = try await sandbox.succeed("backup", "restore", "web", "--serial", "10", "--reason", "go back")
        #expect(restored.output.contains("the state of serial 10 is back"))
        #expect(try await sandbox.state() == "configuring")
        let last = try await sandbox.succeed("history", "web", "--last", "1").output
        #expect(last.contains("restore") && last.contains("configured -> configuring: go back"))
        #expect(try await sandbox.run("backup", "restore", "web", "--serial", "1").code == 66)
        #expect(try await sandbox.run("backup", "list", "nope").code == 66)
    }

    @Test("A damaged state is replaced by the newest good backup, and kept under another name")
    func restoreDamaged() async throws {
        let sandbox = try Sandbox()
        try await sandbox.damaged("web")
        let shown = try await sandbox.run("show", "web")
        #expect(shown.code == 65 && shown.lastWord.hasSuffix("Next: envctl doctor web"))
        try await sandbox.succeed("backup", "restore", "web")
        #expect(try await sandbox.state() == "configuring")
        #expect(try await kinds(sandbox).contains("set_aside"))
        try await sandbox.succeed("resume", "web")
        #expect(try await sandbox.state() == "configured")
    }

    @Test("An edit is shown, and accepted as a save")
    func acceptEdit() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        let clean = try await sandbox.run("accept-edit", "web")
        #expect(clean.code == 78 && clean.lastWord.contains("nobody edited it"))
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 2222/' data/web/state.json")
        #expect(try await sandbox.run("show", "web").code == 65)
        let before = try await sandbox.listing()
        let diff = try await sandbox.succeed("backup", "diff", "web").output
        let dry = try await sandbox.succeed("accept-edit", "web", "--dry-run").output
        #expect(dry.contains("+    \"ssh_port\" : 2222,") && dry == diff)
        #expect(try await sandbox.listing() == before)
        let json = try await sandbox.succeed("accept-edit", "web", "--reason", "moved", "--json").json()
        #expect(json["serial"]?.integer == 16)
        #expect(json["difference"]?["added"]?.elements.contains(.string("\"ssh_port\" : 2222,")) == true)
        #expect(try await sandbox.succeed("show", "web", "--json").json()["ssh_port"]?.integer == 2222)
        #expect(try await sandbox.succeed("history", "web", "--last", "1").output.contains("accept_edit"))
    }

    @Test("An edit that is no valid state is refused and stays as it is")
    func refuseEdit() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web")
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 99999/' data/web/state.json")
        let before = sandbox.read("data/web/state.json")
        let outcome = try await sandbox.run("accept-edit", "web")
        #expect(outcome.code == 78 && outcome.lastWord.contains("99999"))
        #expect(sandbox.read("data/web/state.json") == before)
    }

    @Test("An emergency record is found and brought in")
    func recover() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let nothing = try await sandbox.run("recover", "web")
        #expect(nothing.code == 66)
        // A lock file that is gone makes every save after it fail.
        try sandbox.workflow([
            "provision": [
                "echo instance_address=10.0.0.9 >> \"$OUTPUTS\"; rm '\(sandbox.path("data/web/state.json.lock"))'"
            ]
        ])
        let failed = try await sandbox.run("provision", "web", "--workflow", "workflow.json")
        #expect(failed.code == 74 && failed.lastWord.contains("Next: envctl recover web /"), "\(failed)")
        #expect(try await kinds(sandbox).first == "emergency_record")
        #expect(try await sandbox.succeed("show", "web").output.contains("is newer than what is stored"))
        let recovered = try await sandbox.succeed("recover", "web").output
        #expect(recovered.contains("is brought in"))
        #expect(try await sandbox.state() == "provisioned")
    }

    // MARK: Freezing

    @Test("A frozen environment is left alone by every command that would change it, and says why")
    func freeze() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--until", "provisioned")
        #expect(try await sandbox.run("freeze", "web").code == 64)
        #expect(try await sandbox.run("freeze", "web", "--reason", "x", "--until", "2020-01-01").code == 64)
        let frozen = try await sandbox.succeed("freeze", "web", "--reason", "the fair goes on", "--until", "3d").output
        #expect(frozen.contains("the fair goes on") && frozen.contains("next       envctl unfreeze web"))
        let before = try await sandbox.listing()
        for arguments in [
            ["configure", "web"], ["deploy", "web"], ["destroy", "web"], ["plan", "web"], ["backup", "restore", "web"],
            ["deploy", "web", "--dry-run"],
        ] {
            let outcome = try await sandbox.run(arguments)
            #expect(outcome.code == 78, "\(arguments): \(outcome)")
            #expect(outcome.lastWord.contains("the fair goes on"))
            #expect(outcome.lastWord.hasSuffix("Next: envctl unfreeze web"))
        }
        // The lock file's time of change tells of leases that found out, and nothing else did.
        func files(_ listing: String) -> [Substring] { listing.split(separator: "\n").filter { !$0.contains(".lock") } }
        #expect(files(try await sandbox.listing()) == files(before))
        try await sandbox.succeed("unfreeze", "web", "--reason", "it is over")
        #expect(try await sandbox.succeed("unfreeze", "web").output.contains("nothing to do"))
        try await sandbox.succeed("configure", "web")
        let history = try await sandbox.succeed("history", "web").output
        #expect(history.contains("stays provisioned: the fair goes on"))
        #expect(history.contains("stays provisioned: it is over"))
    }

    @Test("A freeze ends by itself, and a destroyed environment that is frozen is not purged")
    func freezeEnds() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        try await sandbox.succeed("freeze", "web", "--reason", "for a moment", "--until", "10s")
        try await wait(for: "the end") { try await sandbox.run("provision", "web").code == 0 }
        try await sandbox.succeed("destroy", "web")
        try await sandbox.succeed("freeze", "web", "--reason", "evidence")
        let outcome = try await sandbox.run("purge", "web")
        #expect(outcome.code == 78 && outcome.lastWord.contains("evidence"))
        #expect(sandbox.exists("data/web/state.json"))
    }
}

@Suite("Asking the provider")
struct ValidateTests {
    @Test(
        "What differs from what was made is found, with exit code 2 and nothing stored",
        arguments: [
            ("provisioned", "rm -r data/web/instance", "it is not there"),
            ("provisioned", "rm data/web/instance/facts.txt", "facts.txt is missing"),
            ("configured", "echo X=1 >> data/web/instance/configuration", "does not hold what was written"),
            ("released", "rm data/web/instance/current", "no release in place"),
            ("released", "ln -sfn releases/other data/web/instance/current", "another release"),
            ("running", "kill -KILL -$(cat data/web/instance/service.pid); sleep 0.2", "the service does not run"),
        ])
    func drift(goal: String, script: String, difference: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--until", goal)
        #expect(try await sandbox.succeed("validate", "web").output.hasSuffix("  nothing differs\n"))
        let before = sandbox.read("data/web/history.jsonl")
        try await sandbox.shell(script)
        let outcome = try await sandbox.run("validate", "web")
        #expect(outcome.code == 2)
        #expect(outcome.output.contains("  differs    ") && outcome.output.contains(difference), "\(outcome)")
        #expect(outcome.lastWord.contains("1 thing differs"))
        let json = try await sandbox.run("validate", "web", "--json")
        #expect(json.code == 2)
        #expect(try json.json()["drift"]?["findings"]?.elements.count == 1)
        #expect(sandbox.read("data/web/history.jsonl") == before)
        if goal == "running" { try await sandbox.succeed("destroy", "web") }
    }

    @Test("What cannot be asked is said, and not taken for an agreement")
    func cannotBeAsked() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        let workflow = try await sandbox.run("validate", "web")
        #expect(workflow.code == 78 && workflow.lastWord.contains("nothing to look with"))
        try await sandbox.succeed("create", "new")
        #expect(try await sandbox.run("validate", "new").code == 78)
        #expect(try await sandbox.run("validate", "nope").code == 66)
    }
}
