import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Safe hands")
struct SafeHandsTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    // Needs tmux for a terminal to answer on.
    @Test(
        "On a terminal a destroy shows what it removes and asks for the name, and a purge asks too",
        .enabled(if: hasProgram("tmux"), "tmux is not there"))
    func asks() async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        let terminal = try await Terminal(sandbox)
        let wrong = try await terminal.type("envctl destroy web", answering: ("wbe", "Type web to destroy web:"))
        #expect(wrong.contains("would run  destroy remove_instance"), "\(wrong)")
        #expect(wrong.contains("The answer was not web"), "\(wrong)")
        #expect(try await sandbox.state() == "configured")
        let right = try await terminal.type("envctl destroy web", answering: ("web", "Type web to destroy web:"))
        #expect(right.contains("in state: destroyed"), "\(right)")
        let kept = try await terminal.type("envctl purge web", answering: ("", "Type yes to purge web:"))
        #expect(kept.contains("data/web/history.jsonl") && sandbox.exists("data/web/state.json"), "\(kept)")
        try await terminal.type("envctl purge web", answering: ("yes", "Type yes to purge web:"))
        #expect(!sandbox.exists("data/web/state.json"))
        try await terminal.close()
    }

    @Test(
        "Elsewhere nothing is done without --yes, and the command with --yes is named",
        arguments: ["destroy web", "restore web 4", "accept-edit web", "purge gone", "forget web", "destroy -- web"])
    func confirms(command: String) async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        if command == "accept-edit web" { try await edit() }
        try await sandbox.succeed("create", "gone")
        try await sandbox.succeed("destroy", "gone", "--yes")
        let before = try await sandbox.listing()
        let refused = try await sandbox.type("envctl \(command)")
        #expect(refused.code == 64 && refused.output == "", "\(refused)")
        let confirmed =
            command.contains("--") ? "envctl destroy --yes -- web" : "envctl \(command) --yes"
        #expect(try refused.next() == confirmed)
        let json = try await sandbox.type("envctl --json \(command)")
        #expect(try json.json()["error"]?["kind"]?.string == "not_confirmed")
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.type(confirmed).code == 0)
        #expect(try await sandbox.listing() != before)
    }

    @Test("What is refused anyway is not asked for")
    func refusedAnyway() async throws {
        try await sandbox.frozen("web")
        #expect(try await sandbox.run("destroy", "web").code == 78)
        #expect(try await sandbox.run("destroy", "nope").code == 66)
        #expect(try await sandbox.run("purge", "nope").code == 0)
        #expect(try await sandbox.run("purge", "web").code == 78)
        #expect(try await sandbox.run("restore", "web", "2").code == 78)
        try await sandbox.succeed("unfreeze", "web")
        #expect(try await sandbox.run("purge", "web").lastWord.hasSuffix("Next: envctl destroy web"))
        #expect(try await sandbox.run("destroy", "web", "--dry-run").code == 0)
    }

    @Test("A destroy that was begun is finished without asking again")
    func begun() async throws {
        try sandbox.workflow(["destroy": ["test -e go"]])
        try await sandbox.succeed("create", "web", "--workflow", "workflow.json")
        try await sandbox.succeed("provision", "web")
        let failed = try await sandbox.run("destroy", "web", "--yes")
        #expect(failed.code == 1, "\(failed)")
        try sandbox.write("", to: "go")
        try await sandbox.succeed("destroy", "web")
        #expect(try await sandbox.run("destroy", "web").output.contains("nothing to do"))
    }

    @Test(
        "A mistyped name makes no environment, and the message has the near name and --create",
        arguments: ["deploy wbe", "provision wbe", "deploy wbe --dry-run"])
    func typo(command: String) async throws {
        try await sandbox.succeed("create", "web")
        let before = try await sandbox.listing()
        let refused = try await sandbox.type("envctl \(command)")
        #expect(refused.code == 66, "\(refused)")
        #expect(refused.lastWord.contains("Did you mean web? To create wbe, add --create."), "\(refused)")
        #expect(try refused.next() == "envctl \(command) --create")
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.type(refused.next()).code == 0)
        #expect(sandbox.exists("data/wbe/state.json") != command.contains("--dry-run"))
    }

    @Test("An environment that is forgotten leaves what its steps made, its files and an export that is imported again")
    func forget() async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        let made = sandbox.exists("data/web/instance")
        #expect(made)
        let json = try await sandbox.succeed("forget", "web", "--yes", "--json").json()
        let export = try #require(json["export"]?.string)
        #expect(try await sandbox.run("show", "web").code == 66)
        #expect(try await sandbox.succeed("list").output.contains("no environments"))
        #expect(FileManager.default.fileExists(atPath: export.replacing("export.json", with: "instance")))
        let imported = try await sandbox.succeed("import", export).output
        #expect(imported.contains("in state: configured"), "\(imported)")
        #expect(try await sandbox.succeed("doctor", "--all").code == 0)
    }

    @Test("What was moved to another store is led to forget, and never to its destruction")
    func moved() async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.succeed("migrate-store", "--to", "other")
        for command in ["show web", "doctor web", "list --json"] {
            let shown = try await sandbox.type("envctl \(command)")
            #expect("\(shown)".contains("envctl forget web") && !"\(shown)".contains("envctl unfreeze"), "\(shown)")
        }
        for command in ["release web", "destroy web", "purge web"] {
            let refused = try await sandbox.type("envctl \(command)")
            #expect(refused.code == 78, "\(refused)")
            let unfreeze = try await sandbox.type(refused.next())
            #expect(unfreeze.code == 64, "\(unfreeze)")
            #expect(try unfreeze.next() == "envctl forget web")
        }
        let asked = try await sandbox.type("envctl forget web")
        #expect(try await sandbox.type(asked.next()).code == 0)
        #expect(try await sandbox.run("show", "web").code == 66)
        #expect(try await sandbox.succeed("doctor", "web", "--store", "other").code == 0)
        #expect(sandbox.exists("other/web/instance"))
    }

    @Test("What a person froze is not forgotten")
    func frozen() async throws {
        try await sandbox.frozen("web")
        let refused = try await sandbox.run("forget", "web", "--yes")
        #expect(refused.code == 78 && refused.lastWord.hasSuffix("Next: envctl unfreeze web"), "\(refused)")
    }

    private func edit() async throws {
        try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 2222/' data/web/state.json")
    }
}
