import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Repairing")
struct RepairTests {
    private func kinds(_ sandbox: Sandbox, _ name: String = "web") async throws -> [String?] {
        let json = try await sandbox.run("doctor", name, "--json").json()
        return json["environments"]?.elements.first?["findings"]?.elements.map { $0["kind"]?.string } ?? []
    }

    @Test("A healthy environment has nothing wrong with it")
    func healthy() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let before = try await sandbox.listing()
        for words in [["doctor", "web"], ["doctor", "--all"]] {
            #expect(
                try await sandbox.start(words).end().output == """
                    web: nothing is wrong
                      note     The log has serials 1 to 15; at most 50 MiB are kept.

                    """)
        }
        #expect(try await sandbox.succeed("doctor", "web", "--keep", "7").output.contains("at most 7 MiB are kept"))
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.run("doctor", "web", "--all").code == 64)
    }

    @Test("What needs no decision is repaired, and told")
    func fix() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell(
            "cd data/web; chmod 755 .; chmod 644 state.json; touch .state.9.abc.tmp; printf torn >> history.jsonl")
        let found = try await sandbox.run("doctor", "web")
        #expect(found.code == 0)
        #expect(found.output.hasPrefix("web: 4 warnings\n"))
        #expect(found.output.contains("next: envctl doctor web --fix"))
        let fixed = try await sandbox.succeed("doctor", "web", "--fix").output
        #expect(fixed.contains("  repaired modes, temporary_file, torn_history\n"), "\(fixed)")
        #expect(try await kinds(sandbox) == ["retention"])
    }

    @Test(
        "A problem is found, makes the exit code, and names its way out",
        arguments: [
            ("truncate -s 0 state.json", "checksum_mismatch", "doctor web --fix"),
            ("sed -i s/env-web/repaired/ state.json", "checksum_mismatch", "accept-edit web"),
            ("sed -i s/configured/x/ state.json", "checksum_mismatch", "doctor web --fix"),
            ("rm state.json; mkfifo state.json", "not_regular_file", "doctor web --fix"),
            ("sed -i 's/\"lineage\" : \"./\"lineage\" : \"x/' state.json", "checksum_mismatch", "doctor web --fix"),
            ("rm history.jsonl", "corrupted", "recover web FOLDER/state.json"),
            (": > history.jsonl", "corrupted", "recover web FOLDER/state.json"),
            ("rm history.jsonl state.json", "corrupted", nil),
            ("sed -i s/configured/x/ history.jsonl", "checksum_mismatch", "recover web FOLDER/state.json"),
            (
                "sed -i s/configured/x/ history.jsonl; rm state.json", "checksum_mismatch",
                "recover web FOLDER/history.jsonl"
            ),
            ("rm history.jsonl; mkdir history.jsonl", "not_regular_file", "recover web FOLDER/state.json"),
            ("rm state.json.lock; mkdir state.json.lock", "lock_unusable", nil),
        ] as [(String, String, String?)])
    func problems(script: String, kind: String, next: String?) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("cd data/web; \(script)")
        let before = try await sandbox.listing()
        let outcome = try await sandbox.run("doctor", "web", "--json")
        #expect(outcome.code == 65)
        let finding = try outcome.json()["environments"]?.elements.first?["findings"]?.elements.first
        #expect(finding?["kind"]?.string == kind)
        #expect(finding?["severity"]?.string == "problem")
        let folder = sandbox.path("data/web")
        #expect(finding?["next"]?.string == next.map { "envctl \($0.replacing("FOLDER", with: folder))" })
        // Nothing changes it, makes it again or removes it, and nothing is written.
        for words in [
            ["deploy", "web"], ["create", "web"], ["plan", "web"], ["deploy", "web", "--dry-run"], ["destroy", "web"],
            ["freeze", "web", "--reason", "x"], ["purge", "web"], ["purge", "web", "--dry-run"],
            ["migrate-store", "--to", "elsewhere"],
        ] where kind != "lock_unusable" {
            let refused = try await sandbox.run(words)
            #expect(refused.code == (words[0] == "migrate-store" ? 74 : 65), "\(words): \(refused)")
        }
        func files(_ listing: String) -> [Substring] {
            // A lease tells of itself by the time of the lock file.
            listing.split(separator: "\n").filter { !$0.contains(".lock") && !$0.contains("data/web d") }
        }
        #expect(files(try await sandbox.listing()) == files(before))
    }

    @Test("A state.json that is gone is written again from the log, silently")
    func lostCheckpoint() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let before = sandbox.read("data/web/state.json")
        try await sandbox.shell("rm data/web/state.json")
        #expect(try await sandbox.succeed("show", "web").output.contains("in state: configured"))
        #expect(try await sandbox.succeed("deploy", "web", "--create").output.contains("nothing to do"))
        try await sandbox.succeed("freeze", "web", "--reason", "x")
        #expect(sandbox.exists("data/web/state.json") && before != nil)
    }

    @Test(
        "An older state.json that was put back undoes nothing, and the log's state is shown",
        arguments: ["frozen", "destroyed"])
    func olderCheckpoint(after: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(
            ["provision": ["echo made >> made; echo instance_address=10.0.0.7 >> \"$OUTPUTS\""]], repeatable: false)
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json")
        try await sandbox.shell("cp data/web/state.json older")
        if after == "frozen" {
            try await sandbox.succeed("freeze", "web", "--reason", "the fair")
        } else {
            try await sandbox.succeed("destroy", "web", "--yes")
        }
        try await sandbox.shell("cp older data/web/state.json")
        let outcome = try await sandbox.run("deploy", "web", "--until", "released")
        #expect(outcome.code == 78, "\(outcome)")
        let shown = try await sandbox.succeed("show", "web").output
        #expect(shown.contains(after == "frozen" ? "the fair" : "in state: destroyed"))
    }

    @Test(
        "Typing what is said to come next leads out of every damage",
        arguments: [
            "truncate -s 100 state.json", ": >state.json", "printf x >state.json",
            "rm state.json; mkfifo state.json", "rm state.json; mkdir state.json",
            "rm state.json; ln -s /etc/passwd state.json", "truncate -s 1T state.json",
            "sed -i s/configured/x/ state.json", "sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 23/' state.json",
            "rm history.jsonl", ": >history.jsonl", "truncate -s 100 history.jsonl", "printf x >history.jsonl",
            "sed -i s/configured/x/ history.jsonl", "rm history.jsonl; mkdir history.jsonl",
            "rm history.jsonl; mkfifo history.jsonl", "rm history.jsonl; ln -s /etc/passwd history.jsonl",
        ])
    func wayOut(harm: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("cd data/web; \(harm)")
        var outcome = try await sandbox.run("deploy", "web")
        #expect(outcome.code == 65, "\(outcome)")
        var typed: [String] = []
        while outcome.code != 0, typed.count < 4 {
            let next = (outcome.output + outcome.errors).matches(of: /(?:Next: |next: )envctl (.+)/).last
            typed.append(String(try #require(next, "\(outcome)").1))
            outcome = try await sandbox.run(typed.last?.split(separator: " ").map(String.init) ?? [])
        }
        #expect(outcome.code == 0, "\(typed): \(outcome)")
        #expect(try await sandbox.state() == "configured")
        #expect(try await sandbox.succeed("deploy", "web", "--create").output.contains("nothing to do"), "\(typed)")
    }

    @Test("What is left of a damaged environment is purged only when that is asked for")
    func purgeDamaged() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("rm data/web/state.json data/web/history.jsonl")
        let refused = try await sandbox.run("purge", "web")
        #expect(refused.code == 65 && sandbox.exists("data/web/keys"), "\(refused)")
        let planned = try await sandbox.succeed("purge", "web", "--even-damaged", "--dry-run").output
        #expect(planned.contains("data/web/keys") && sandbox.exists("data/web/keys"))
        try await sandbox.succeed("purge", "web", "--yes", "--even-damaged")
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("data/web")) == ["state.json.lock"])
        #expect(try await sandbox.run("show", "web").code == 66)
        try await sandbox.succeed("create", "web")
        // What is whole is not purged by it.
        #expect(try await sandbox.run("purge", "web", "--even-damaged", "--yes").code == 78)
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
        #expect(try await kinds(sandbox).prefix(2) == ["abandoned", "interrupted"])
    }

    @Test("A lost key, a lost workflow file and a freeze are found")
    func circumstances() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        try await sandbox.succeed("freeze", "web", "--reason", "x")
        try await sandbox.shell("rm web.json")
        #expect(try await kinds(sandbox) == ["provider", "failed", "retention", "frozen"])
        try await sandbox.succeed("deploy", "keys", "--create", "--until", "provisioned")
        try await sandbox.shell("chmod 644 data/keys/keys/id_ed25519")
        #expect(try await kinds(sandbox, "keys") == ["key_modes", "retention"])
        try await sandbox.shell("rm data/keys/keys/id_ed25519")
        #expect(try await kinds(sandbox, "keys") == ["key_missing", "retention"])
    }

    // MARK: Freezing

    @Test("A frozen environment is left alone by every command that would change it, and says why")
    func freeze() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create", "--until", "provisioned")
        #expect(try await sandbox.run("freeze", "web").code == 64)
        #expect(try await sandbox.run("freeze", "web", "--reason", "x", "--until", "2020-01-01").code == 64)
        let frozen = try await sandbox.succeed("freeze", "web", "--reason", "the fair goes on", "--until", "3d").output
        #expect(frozen.contains("the fair goes on") && frozen.contains("next       envctl unfreeze web"))
        let before = try await sandbox.listing()
        for arguments in [
            ["configure", "web"], ["deploy", "web"], ["destroy", "web"], ["plan", "web"], ["restore", "web", "1"],
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
        try await sandbox.succeed("destroy", "web", "--yes")
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
        try await sandbox.succeed("deploy", "web", "--create", "--until", goal)
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
        if goal == "running" { try await sandbox.succeed("destroy", "web", "--yes") }
    }

    @Test("What cannot be asked is said, and not taken for an agreement")
    func cannotBeAsked() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        let workflow = try await sandbox.run("validate", "web")
        #expect(workflow.code == 78 && workflow.lastWord.contains("no check that could find a difference"))
        try await sandbox.succeed("create", "new")
        #expect(try await sandbox.run("validate", "new").code == 78)
        #expect(try await sandbox.run("validate", "nope").code == 66)
    }
}
