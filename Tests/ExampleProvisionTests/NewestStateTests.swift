import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

/// Tests with files that are lost, restored or contradictory.
///
/// No second instance is made, the newest state is never lost, and no command reports success.
@Suite("The newest state")
struct NewestStateTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// A step that is not idempotent: each run makes another instance.
    private static let make = Step(
        "create_instance", "echo made >> \"$HOME/made\"; echo instance_address=127.0.0.1 >> \"$OUTPUTS\"")

    private func deploy(until goal: String = "configured") async throws {
        try sandbox.workflow(provision: [Self.make], configure: [Step("configure", "true")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", goal)
        #expect(outcome.code == 0, "\(outcome)")
    }

    private func expectOneInstance(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(sandbox.lines("home/made").count == 1, "instances", sourceLocation: sourceLocation)
    }

    @Test(
        "is that of the log when the checkpoint is older or missing", arguments: ["cp ../old.json", "rm"])
    func olderCopy(how: String) async throws {
        try await deploy(until: "provisioned")
        try await sandbox.shell("cp data/my-env/state.json data/old.json")
        try await deploy()
        let serial = try sandbox.state()["serial"].integer
        try await sandbox.shell("cd data/my-env; \(how) state.json")
        #expect(try await sandbox.run("my-env", "--status").output.contains("configured"))
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try sandbox.state()["serial"].integer == serial)
        #expect(try await sandbox.run("my-env", "--until", "released").code == 0)
        expectOneInstance()
        try sandbox.checkStored()
    }

    @Test("stays destroyed when an earlier copy is restored")
    func destroyed() async throws {
        try await deploy()
        try await sandbox.shell("cp data/my-env/state.json data/old.json")
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        try await sandbox.shell("cp data/old.json data/my-env/state.json")
        #expect(try await sandbox.run("my-env").code == 78)
        expectOneInstance()
    }

    @Test(
        "is unknown when files are lost: every command is refused with 65 and changes nothing",
        arguments: [
            (what: "the log is lost", shell: "rm history.jsonl", isRecoverable: true),
            ("an older log is put back", "cp ../old.jsonl history.jsonl", true),
            ("only the older file of the log is left", "mv history.jsonl history.jsonl.1; rm state.json", true),
            ("only what steps left is left", "rm history.jsonl state.json", false),
            ("only keys are left", "rm -r history.jsonl state.json logs; mkdir -p keys; touch keys/id", false),
            (
                "only backups are left", "mkdir backups; mv state.json backups/state.3.json; rm -r history.jsonl logs",
                false
            ),
            ("the log is cut off", "truncate -s 3000 history.jsonl", true),
            ("the log is a folder", "rm history.jsonl; mkdir history.jsonl", true),
            ("the log is a link", "mv history.jsonl elsewhere; ln -s elsewhere history.jsonl", true),
            ("the copy is of another environment of that name", "cp ../other.json state.json", true),
        ])
    func lost(what: String, shell: String, isRecoverable: Bool) async throws {
        try await deploy(until: "provisioned")
        try await sandbox.shell("cp data/my-env/state.json data/other.json; rm -r data/my-env home/made")
        try await deploy(until: "provisioned")
        try await sandbox.shell("cp data/my-env/history.jsonl data/old.jsonl")
        try await deploy()
        try await sandbox.shell("cd data/my-env; \(shell)")
        let before = try await sandbox.shell("cd data; find . -not -name records -not -name state.json.lock | sort")
        for arguments in [[], ["--dry-run"], ["--destroy"], ["--purge"], ["--until", "running"]] {
            let outcome = try await sandbox.run(["my-env"] + arguments)
            #expect(outcome.code == 65, "\(what), \(arguments): \(outcome)")
            #expect(outcome.lastWord.contains("Next: example-provision my-env --recover ") == isRecoverable)
        }
        let after = try await sandbox.shell("cd data; find . -not -name records -not -name state.json.lock | sort")
        #expect(after == before)
        expectOneInstance()
        guard isRecoverable else { return }
        let refused = try await sandbox.run("my-env", "--json")
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(try await sandbox.type(next).code == 0, "\(what): \(next)")
        #expect(try await sandbox.run("my-env").code == 0)
        expectOneInstance()
    }

    // MARK: Records

    /// Deploys with a failure of the first save after the instance was made.
    private func deployWithRecord(_ meddle: String, variables: [String: String] = [:]) async throws -> Outcome {
        try sandbox.workflow(
            provision: [Step(Self.make.name, Self.make.run + "; \(meddle)")], configure: [Step("configure", "true")])
        return try await sandbox.run("my-env", "--workflow", "workflow.json", "--json", variables: variables)
    }

    private func expectRefusalAndRecovery(variables: [String: String] = [:]) async throws {
        for arguments in [[], ["--dry-run"], ["--destroy"], ["--purge"]] {
            let outcome = try await sandbox.run(["my-env", "--json"] + arguments, variables: variables)
            #expect(outcome.code == 74, "\(arguments): \(outcome)")
        }
        expectOneInstance()
        let refused = try await sandbox.run(["my-env", "--json"], variables: variables)
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(try await sandbox.type(next).code == 0, "\(next)")
        let again = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(again.code == 0, "\(again)")
        expectOneInstance()
    }

    private static let loseLock = "mv \"$DATA_DIR/my-env/state.json.lock\" \"$HOME/lock\""

    @Test("is in a record when it could not be saved, and every command reports the record")
    func pending() async throws {
        #expect(try await deployWithRecord(Self.loseLock).code == 74)
        try await expectRefusalAndRecovery()
    }

    @Test("is in a record when the environment's folder was removed during a command")
    func folderRemoved() async throws {
        let remove = "[ -e \"$HOME/once\" ] || { touch \"$HOME/once\"; rm -r \"$DATA_DIR/my-env\"; }"
        try sandbox.workflow(provision: [Self.make, Step("remove", remove)])
        let failed = try await sandbox.run("my-env", "--workflow", "workflow.json")
        // The step failed because its outputs were removed, or its end could not be saved.
        #expect([1, 74].contains(failed.code), "\(failed)")
        for arguments in [[], ["--dry-run"], ["--destroy"], ["--purge"]] {
            // The step's log and trace may have created the folder again.
            let code = try await sandbox.run(["my-env"] + arguments).code
            #expect([65, 74].contains(code), "\(arguments)")
        }
        let next = try #require(try await sandbox.run("my-env", "--json").json()["error"]["next"].text)
        #expect(try await sandbox.type(next).code == 0, "\(next)")
        #expect(try await sandbox.run("my-env").code == 0)
        expectOneInstance()
    }

    @Test("is found in a record that was written under another home")
    func otherHome() async throws {
        #expect(try await deployWithRecord(Self.loseLock).code == 74)
        try await sandbox.shell("mkdir -p home/other")
        let home = sandbox.path("home/other")
        try await expectRefusalAndRecovery(variables: ["HOME": home, "XDG_STATE_HOME": home + "/state"])
    }

    @Test("is in a record that is newer than the rest of a damaged log")
    func damagedWithRecord() async throws {
        #expect(try await deployWithRecord(Self.loseLock).code == 74)
        try await sandbox.shell("rm data/my-env/history.jsonl")
        let refused = try await sandbox.run("my-env", "--json")
        #expect(refused.code == 65)
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(next.contains(sandbox.emergency))
        let older = try await sandbox.run("my-env", "--recover", "data/my-env/state.json")
        #expect(older.code == 74 && older.lastWord.contains(sandbox.emergency), "\(older)")
        #expect(try await sandbox.type(next).code == 0)
        #expect(try await sandbox.run("my-env").code == 0)
        expectOneInstance()
    }

    @Test("is in a record that is declined: moved aside, with a line in the history, and the deployment continues")
    func declined() async throws {
        // The step runs again after its record was declined, and must not remove the lock then.
        let once = "[ -e \"$HOME/once\" ] || { touch \"$HOME/once\"; \(Self.loseLock); }"
        let failed = try await deployWithRecord(once)
        let record = try #require(failed.lastWord.firstMatch(of: #/--recover (\S+)/#), "\(failed)").output.1
        try await sandbox.shell("mv home/lock data/my-env/state.json.lock")
        let declined = try await sandbox.run("my-env", "--recover", String(record), "--decline")
        #expect(declined.code == 0 && declined.output.contains("is declined and was moved aside"), "\(declined)")
        let isThere = { FileManager.default.fileExists(atPath: $0) }
        #expect(!isThere(String(record)) && isThere("\(record).declined"), "\(record)")
        #expect(sandbox.lines("data/my-env/history.jsonl").contains { $0.contains("declined \(record)") })
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try await sandbox.run("my-env", "--decline").code == 64)
    }

    @Test("is printed between two lines when a record cannot be written, and can be recovered from there")
    func noPlace() async throws {
        let nowhere = ["XDG_STATE_HOME": "/proc", "TMPDIR": "/proc"]
        let failed = try await deployWithRecord(Self.loseLock, variables: nowhere)
        #expect(failed.code == 74)
        try await sandbox.shell("mv home/lock data/my-env/state.json.lock")
        let lines = failed.errors.split(separator: "\n")
        let begin = try #require(lines.lastIndex { $0.contains("BEGIN UNSAVED STATE") }, "\(failed)")
        let end = try #require(lines.lastIndex { $0.contains("END UNSAVED STATE") })
        try sandbox.write(lines[(begin + 1)..<end].joined(separator: "\n"), to: "unsaved.json")
        #expect(try await sandbox.run("my-env", "--recover", "unsaved.json").code == 0)
        #expect(try await sandbox.run("my-env").code == 0)
        expectOneInstance()
    }
}
