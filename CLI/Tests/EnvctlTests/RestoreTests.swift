import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Earlier states, edits and emergency records")
struct RestoreTests {
    private func kinds(_ sandbox: Sandbox, _ name: String = "web") async throws -> [String?] {
        let json = try await sandbox.run("doctor", name, "--json").json()
        return json["environments"]?.elements.first?["findings"]?.elements.map { $0["kind"]?.string } ?? []
    }

    // MARK: Earlier states and edits

    @Test("An earlier state is put back with a reason, as a save")
    func restore() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let restored = try await sandbox.succeed("restore", "web", "10", "--yes", "--reason", "go back")
        #expect(restored.output.contains("the state of serial 10 is back"))
        #expect(try await sandbox.state() == "configuring")
        let last = try await sandbox.succeed("history", "web", "--last", "1").output
        #expect(last.contains("restore") && last.contains("configured -> configuring: go back"))
        #expect(try await sandbox.succeed("diff", "web", "10", "16").output == "nothing differs\n")
        #expect(try await sandbox.run("restore", "web", "99").code == 66)
        #expect(try await sandbox.run("restore", "web").code == 64)
        #expect(try await sandbox.run("restore", "nope", "1").code == 66)
        try await sandbox.succeed("resume", "web")
    }

    @Test("A damaged state is replaced by an earlier one, and kept under another name")
    func restoreDamaged() async throws {
        let sandbox = try Sandbox()
        try await sandbox.damaged("web")
        let shown = try await sandbox.run("show", "web")
        #expect(shown.code == 65 && shown.lastWord.hasSuffix("Next: envctl doctor web"))
        try await sandbox.succeed("restore", "web", "14", "--yes")
        #expect(try await sandbox.state() == "configuring")
        #expect(try await kinds(sandbox).contains("set_aside"))
        try await sandbox.succeed("resume", "web")
        #expect(try await sandbox.state() == "configured")
    }

    @Test("An edit is shown, and accepted as a save")
    func acceptEdit() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let clean = try await sandbox.run("accept-edit", "web")
        #expect(clean.code == 78 && clean.lastWord.contains("nobody edited it"))
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 2222/' data/web/state.json")
        let shown = try await sandbox.succeed("show", "web").output
        #expect(shown.contains("port 22\n") && shown.contains("next       envctl accept-edit web"), "\(shown)")
        #expect(try await sandbox.succeed("list").output.contains("was edited or damaged"))
        let before = try await sandbox.listing()
        let dry = try await sandbox.succeed("accept-edit", "web", "--dry-run").output
        #expect(dry.contains("  ssh_port: 22 -> 2222\n"), "\(dry)")
        #expect(try await sandbox.listing() == before)
        let json = try await sandbox.succeed("accept-edit", "web", "--yes", "--reason", "moved", "--json").json()
        #expect(json["serial"]?.integer == 16)
        let change = json["difference"]?["changes"]?.elements.first
        #expect(change?["member"]?.string == "ssh_port" && change?["to"]?.integer == 2222)
        #expect(try await sandbox.succeed("show", "web", "--json").json()["ssh_port"]?.integer == 2222)
        #expect(try await sandbox.succeed("history", "web", "--last", "1").output.contains("accept_edit"))
    }

    @Test("An edit is undone on demand, and kept under another name")
    func undoEdit() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let before = sandbox.read("data/web/state.json")
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 2222/' data/web/state.json")
        let edited = sandbox.read("data/web/state.json")
        #expect(try await sandbox.succeed("doctor", "web", "--fix").output.contains("  repaired checksum_mismatch\n"))
        #expect(sandbox.read("data/web/state.json") == before)
        #expect(sandbox.read("data/web/state.json.bak") == edited && edited != before)
    }

    @Test("An edit that is no valid state is refused and stays as it is")
    func refuseEdit() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 99999/' data/web/state.json")
        let before = sandbox.read("data/web/state.json")
        let outcome = try await sandbox.run("accept-edit", "web")
        #expect(outcome.code == 78 && outcome.lastWord.contains("99999"))
        #expect(sandbox.read("data/web/state.json") == before)
    }

    @Test("An emergency record is found and applied")
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
        let failed = try await sandbox.run("provision", "web", "--create", "--workflow", "workflow.json")
        #expect(failed.code == 74 && failed.lastWord.contains("Next: envctl recover web /"), "\(failed)")
        #expect(try await kinds(sandbox).first == "emergency_record")
        #expect(try await sandbox.succeed("show", "web").output.contains("is newer than what is stored"))
        for words in [
            ["deploy", "web"], ["freeze", "web", "--reason", "x"], ["destroy", "web"],
            ["restore", "web", "1", "--yes"],
        ] {
            let refused = try await sandbox.run(words)
            #expect(
                refused.code == 74 && refused.lastWord.contains("Next: envctl recover web /"), "\(words): \(refused)")
        }
        let recovered = try await sandbox.succeed("recover", "web").output
        #expect(recovered.contains("is applied"))
        #expect(try await sandbox.state() == "provisioned")
    }

    @Test("An emergency record is declined: moved aside, with a line in the history")
    func decline() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        try sandbox.workflow([
            "provision": [
                "echo instance_address=10.0.0.9 >> \"$OUTPUTS\"; rm '\(sandbox.path("data/web/state.json.lock"))'"
            ]
        ])
        let failed = try await sandbox.run("provision", "web", "--create", "--workflow", "workflow.json")
        let record = String(try #require(failed.lastWord.firstMatch(of: #/recover web (\S+)/#)).1)
        #expect(try await sandbox.run("recover", "web", record, "--decline", record).code == 64)
        #expect(try await sandbox.run("recover", "web", "--decline", "nowhere.json").code == 78)
        let declined = try await sandbox.succeed("recover", "web", "--decline", record, "--reason", "made by hand")
        #expect(declined.output.contains("\(record) is declined"))
        #expect(!FileManager.default.fileExists(atPath: record))
        #expect(FileManager.default.fileExists(atPath: record + ".declined"))
        let last = try await sandbox.succeed("history", "web", "--last", "1").output
        #expect(last.contains("declined \(record): made by hand"))
        #expect(try await sandbox.run("recover", "web").code == 66)
        try await sandbox.succeed("freeze", "web", "--reason", "x")
    }
}
