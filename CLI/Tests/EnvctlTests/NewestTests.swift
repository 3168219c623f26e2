import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// An environment whose first step makes something each time that it is run, and what is left of it afterwards.
@Suite("Whether something is stored, and is the newest")
struct NewestTests {
    /// Makes an instance for each time that it is run, and notes it in a file.
    private static let making = ["echo made >> \"$DATA_DIR/../made\"; echo instance_address=10.0.0.7 >> \"$OUTPUTS\""]

    private static func scene(_ sandbox: Sandbox) async throws -> Sandbox {
        try sandbox.workflow(["provision": making], repeatable: false)
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json")
        return sandbox
    }

    /// Commands that would begin the environment again, change it, or remove what is left of it.
    static let changes = [
        ["deploy", "web"], ["deploy", "web", "--workflow", "workflow.json"], ["provision", "web"], ["create", "web"],
        ["import", "web.json"], ["plan", "web"], ["deploy", "web", "--dry-run"], ["destroy", "web"],
        ["purge", "web"], ["purge", "web", "--dry-run"], ["freeze", "web", "--reason", "x"],
    ]

    private static func expectLeftAlone(
        _ sandbox: Sandbox, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for words in changes {
            let outcome = try await sandbox.run(words)
            #expect(outcome.code == 65, "\(words): \(outcome)", sourceLocation: sourceLocation)
            #expect(sandbox.lines("made") == ["made"], "\(words): \(outcome)", sourceLocation: sourceLocation)
        }
        let doctor = try await sandbox.run("doctor", "web")
        #expect(
            doctor.code == 65 && !doctor.output.contains("nothing is wrong"), "\(doctor)",
            sourceLocation: sourceLocation)
    }

    @Test(
        "What is left of an environment is enough to know that there was one",
        arguments: [
            "rm history.jsonl", "rm history.jsonl state.json", "mv history.jsonl history.jsonl.1; rm state.json",
            "rm history.jsonl state.json; mkdir backups; echo x > backups/state.14.json",
            "rm -r history.jsonl state.json traces; test -d logs", ": > history.jsonl", "echo x > history.jsonl",
            "sed -i s/configured/x/ history.jsonl", "rm history.jsonl; mkdir history.jsonl",
            "rm history.jsonl; ln -s nowhere history.jsonl",
        ])
    func lost(harm: String) async throws {
        let sandbox = try await Self.scene(Sandbox())
        try sandbox.write(try await sandbox.succeed("export", "web").output, to: "web.json")
        try await sandbox.shell("cd data/web; \(harm)")
        let list = try await sandbox.run("list")
        #expect(list.code == 65 && list.output.contains("DAMAGED"), "\(list)")
        try await Self.expectLeftAlone(sandbox)
        #expect(sandbox.exists("data/web/logs"))
    }

    @Test("A state.json of another environment of the same name is not taken for this one")
    func otherLineage() async throws {
        let sandbox = try await Self.scene(Sandbox())
        try sandbox.write(try await sandbox.succeed("export", "web").output, to: "web.json")
        try await sandbox.succeed("create", "web", "--data-dir", "other")
        try await sandbox.shell("cp other/web/state.json data/web/state.json")
        try await Self.expectLeftAlone(sandbox)
        #expect(try await sandbox.state() == "configured")
        #expect(try await sandbox.succeed("list").output.contains("is of another web"))
        try await sandbox.succeed("doctor", "web", "--fix")
        #expect(try await sandbox.succeed("deploy", "web", "--create").output.contains("nothing to do"))
        #expect(sandbox.exists("data/web/state.json.bak"))
    }

    @Test("An older log that was put back does not hide what is newer")
    func olderLog() async throws {
        let sandbox = try await Self.scene(Sandbox())
        try sandbox.write(try await sandbox.succeed("export", "web").output, to: "web.json")
        try await sandbox.shell("cp data/web/history.jsonl older")
        try await sandbox.succeed("freeze", "web", "--reason", "the fair")
        try await sandbox.shell("cp older data/web/history.jsonl")
        try await Self.expectLeftAlone(sandbox)
        try await sandbox.succeed("accept-edit", "web", "--yes")
        #expect(try await sandbox.succeed("show", "web").output.contains("the fair"))
    }

    // MARK: Records

    /// A command whose save fails behind a step that has made something; returns the path of the record.
    private static func unsaved(_ sandbox: Sandbox, harm: String, _ words: [String] = []) async throws -> String {
        try sandbox.workflow(["provision": [making[0] + "; \(harm)"]], repeatable: false)
        let outcome = try await sandbox.run(["deploy", "web", "--create", "--workflow", "workflow.json"] + words)
        // With its folder the outputs of the step are gone, and so the step has failed.
        #expect(outcome.code == (harm.hasPrefix("rm -r") ? 1 : 74), "\(outcome)")
        #expect(sandbox.lines("made") == ["made"])
        let record = try #require(outcome.lastWord.firstMatch(of: #/recover web (\S+\.json)/#), "\(outcome)")
        return String(record.1)
    }

    @Test(
        "A step whose save failed is not run again, and its record stays until it is decided",
        arguments: [
            #"rm "$DATA_DIR/web/state.json.lock""#, #"rm -r "$DATA_DIR/web""#,
            #"mv "$DATA_DIR/web/history.jsonl" "$DATA_DIR/../away""#,
        ])
    func record(harm: String) async throws {
        let sandbox = try Sandbox()
        let record = try await Self.unsaved(sandbox, harm: harm)
        for words in [
            ["deploy", "web", "--workflow", "workflow.json"], ["create", "web"], ["plan", "web"], ["destroy", "web"],
            ["freeze", "web", "--reason", "x"], ["purge", "web"], ["resume", "web"],
        ] {
            let refused = try await sandbox.run(words)
            #expect([65, 74].contains(refused.code), "\(words): \(refused)")
            #expect(refused.errors.contains("Nothing was changed"), "\(words): \(refused)")
            #expect(sandbox.lines("made") == ["made"] && FileManager.default.fileExists(atPath: record))
        }
        #expect(try await sandbox.run("doctor", "web").output.contains("next: envctl recover web"))
        try await sandbox.succeed("recover", "web", record)
        #expect(!FileManager.default.fileExists(atPath: record))
        #expect(try await sandbox.state() == (harm.hasPrefix("rm -r") ? "provision_failed" : "provisioned"))
        #expect(sandbox.lines("made") == ["made"])
    }

    @Test("A record that was written under another home is found")
    func otherHome() async throws {
        let sandbox = try Sandbox()
        let record = try await Self.unsaved(
            sandbox, harm: #"rm "$DATA_DIR/web/state.json.lock""#, ["--emergency-dir", "elsewhere"])
        #expect(record.contains("/elsewhere/"))
        let refused = try await sandbox.run(
            "deploy", "web", "--create", shell: "HOME=/nonexistent XDG_STATE_HOME=/nonexistent/state \"$@\"")
        #expect(refused.code == 74 && refused.lastWord.contains(record), "\(refused)")
        #expect(sandbox.lines("made") == ["made"])
    }

    @Test("A record that is newer than what is left of a damaged log comes first")
    func recordBesideDamage() async throws {
        let sandbox = try Sandbox()
        let record = try await Self.unsaved(sandbox, harm: #"rm "$DATA_DIR/web/state.json.lock""#)
        try await sandbox.shell("cd data/web; sed -i 's/\"started\"/\"startex\"/' history.jsonl")
        let doctor = try await sandbox.run("doctor", "web")
        #expect(doctor.code == 65 && doctor.output.contains("next: envctl recover web \(record)"), "\(doctor)")
        try await sandbox.succeed("recover", "web")
        #expect(try await sandbox.state() == "provisioned")
    }

    @Test("A state for which there is no place at all is printed between two marker lines")
    func noPlace() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(
            ["provision": [Self.making[0] + "; rm \"$DATA_DIR/web/state.json.lock\""]], repeatable: false)
        let outcome = try await sandbox.run(
            "deploy", "web", "--create", "--workflow", "workflow.json", "--emergency-dir", "/proc/none",
            shell: "TMPDIR=/proc/none \"$@\"")
        #expect(outcome.code == 74)
        let text = try #require(outcome.errors.matches(of: #/----- BEGIN[^\n]*\n/#).last, "\(outcome)")
        let rest = outcome.errors[text.range.upperBound...]
        let end = try #require(rest.firstRange(of: "----- END"))
        try sandbox.write(String(rest[..<end.lowerBound]), to: "record.json")
        try await sandbox.succeed("recover", "web", "record.json")
        #expect(try await sandbox.state() == "provisioned")
        #expect(sandbox.lines("made") == ["made"])
    }

    // MARK: PostgreSQL

    #if PostgreSQL
        @Test(
            "Tables that contradict each other are no reason to make it again",
            .enabled(if: Database.missing == nil, "a PostgreSQL server can be started"),
            arguments: [
                "DELETE FROM typed_environments.environments",
                "UPDATE typed_environments.environments SET state = 'destroyed'",
                "UPDATE typed_environments.environments SET serial = 1",
                """
                UPDATE typed_environments.environments SET serial = 1, state = 'created', document =
                (SELECT line FROM typed_environments.history WHERE serial = 1)
                """,
                "DELETE FROM typed_environments.history WHERE serial > 5",
                "DELETE FROM typed_environments.history",
                "DELETE FROM typed_environments.history; DELETE FROM typed_environments.environments",
                "UPDATE typed_environments.history SET line = replace(line, 'configured', 'x')",
            ])
        func tables(harm: String) async throws {
            let sandbox = try await Self.scene(Sandbox.onDatabase())
            try sandbox.write(try await sandbox.succeed("export", "web").output, to: "web.json")
            let store = try #require(sandbox.variables["TYPED_ENVIRONMENTS_STORE"])
            try await Database.shared.value.run(harm, in: store)
            #expect(try await sandbox.run("list").output.contains("web"))
            try await Self.expectLeftAlone(sandbox)
            let doctor = try await sandbox.run("doctor", "web")
            guard let next = doctor.output.firstMatch(of: #/next: envctl (.+)/#) else {
                #expect(harm.contains(";"), "only where nothing is left is there no way: \(doctor)")
                return
            }
            var way = try await sandbox.type("envctl \(next.1)")
            // A restore must be confirmed, and says how.
            if way.code == 64 { way = try await sandbox.type(way.next()) }
            #expect(way.code == 0, "\(way)")
            #expect(try await sandbox.succeed("deploy", "web", "--create").output.contains("in state: configured"))
            #expect(sandbox.lines("made") == ["made"])
        }

        @Test(
            "A session that ends in a step leaves a record, and the step is not run again",
            .enabled(if: Database.missing == nil, "a PostgreSQL server can be started"))
        func session() async throws {
            let sandbox = try await Sandbox.onDatabase()
            let store = try #require(sandbox.variables["TYPED_ENVIRONMENTS_STORE"])
            let ending =
                "psql -X -q -d '\(store)' -c \"SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d "
                + "ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()\" >/dev/null"
            let record = try await Self.unsaved(sandbox, harm: ending)
            // The command that lost its session has ended, so that nobody is waited for.
            let refused = try await sandbox.run("deploy", "web")
            #expect(refused.code == 74 && refused.lastWord.contains(record), "\(refused)")
            try await sandbox.succeed("recover", "web", record)
            // Whether the step had ended by then decides: it is complete, or not repeatable.
            #expect([0, 78].contains(try await sandbox.run("deploy", "web").code))
            #expect(sandbox.lines("made") == ["made"])
        }
    #endif
}
