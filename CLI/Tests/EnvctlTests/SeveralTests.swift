import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Several environments at once")
struct SeveralTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(
        "Every line names its environment, also where one is missing, and the exit code is that of the worst",
        arguments: [
            "show api web nope", "freeze api web nope --reason x", "unfreeze nope api web",
            "destroy api nope web --yes",
            "doctor api web nope", "validate web nope api",
        ])
    func lines(command: String) async throws {
        for name in ["api", "web"] { try await sandbox.succeed("create", name) }
        let outcome = try await sandbox.run(command.split(separator: " ").map(String.init))
        #expect(outcome.code == (command.hasPrefix("validate") ? outcome.code : 66), "\(outcome)")
        for line in outcome.lines.dropLast() {
            #expect(line.hasPrefix("api: ") || line.hasPrefix("web: ") || line.contains(/^(api|web):/), "\(line)")
        }
        for name in ["api", "web"] where !command.hasPrefix("validate") {
            #expect(outcome.output.contains("\(name): "), "\(outcome)")
        }
        #expect(outcome.errors.contains("There is no environment nope"), "\(outcome)")
    }

    @Test("--all means all, an empty store is no error, and the name must be there or --all")
    func all() async throws {
        #expect(try await sandbox.succeed("show", "--all").output.hasPrefix("no environments in "))
        for name in ["api", "web"] { try await sandbox.succeed("create", name) }
        try await sandbox.succeed("freeze", "--all", "--reason", "the fair is on")
        let list = try await sandbox.succeed("list").output
        #expect(list.matches(of: /frozen: the fair is on/).count == 2, "\(list)")
        #expect(try await sandbox.run("destroy", "--all", "--yes").code == 78)
        try await sandbox.succeed("unfreeze", "--all")
        try await sandbox.succeed("destroy", "--all", "--yes")
        #expect(try await sandbox.state("api") == "destroyed")
        for command in ["show", "destroy", "validate", "unfreeze"] {
            let outcome = try await sandbox.run(command)
            #expect(outcome.code == 64 && outcome.lastWord.contains("--all"), "\(outcome)")
            #expect(try await sandbox.run(command, "web", "--all").code == 64)
        }
    }

    @Test("JSON has one object for each, with an error where there is one")
    func json() async throws {
        try await sandbox.succeed("create", "web")
        let outcome = try await sandbox.run("show", "web", "nope", "--json")
        let environments = try outcome.json()["environments"]?.elements ?? []
        #expect(environments.map { $0["environment"]?.string } == ["web", "nope"])
        #expect(environments.first?["state"]?.string == "created")
        #expect(environments.last?["error"]?["code"]?.integer == 66 && outcome.code == 66)
        // A single name has the document itself.
        #expect(try await sandbox.succeed("show", "web", "web", "--json").json()["environments"] != nil)
        #expect(try await sandbox.succeed("show", "web", "--json").json()["state"]?.string == "created")
    }

    @Test("A damaged one is worse than a missing one, and keeps none of the others")
    func damaged() async throws {
        try await sandbox.damaged("bad")
        try await sandbox.succeed("create", "web")
        let outcome = try await sandbox.run("show", "nope", "bad", "web")
        #expect(
            outcome.code == 65 && outcome.output.contains("web: Environment 'web' is in state: created"), "\(outcome)")
        #expect(outcome.errors.contains("Next: envctl doctor bad"))
    }

    @Test(
        "A destroy of several is confirmed once, by the list of names",
        .enabled(if: hasProgram("tmux"), "tmux is not there"))
    func confirmation() async throws {
        for name in ["api", "web"] { try await sandbox.succeed("deploy", name, "--create") }
        let terminal = try await Terminal(sandbox)
        let question = "Type web api to destroy web, api:"
        let refused = try await terminal.type("envctl destroy web api", answering: ("web", question))
        #expect(refused.contains("Nothing was done") && refused.contains("would run  destroy remove_instance"))
        let done = try await terminal.type("envctl destroy web api", answering: ("web api", question))
        try await terminal.close()
        #expect(done.contains("web: ") && done.contains("api: "), "\(done)")
        for name in ["api", "web"] { #expect(try await sandbox.state(name) == "destroyed") }
    }

    @Test("Progress names the environment too, as text and as JSON")
    func progress() async throws {
        for name in ["api", "web"] { try await sandbox.succeed("deploy", name, "--create") }
        let outcome = try await sandbox.succeed("destroy", "api", "web", "--yes")
        let progress = outcome.errors.split(separator: "\n").filter { !$0.contains(" INFO ") }
        #expect(
            progress.allSatisfy { $0.hasPrefix("api: ") || $0.hasPrefix("web: ") } && progress.count == 8, "\(outcome)")
        for name in ["db", "shop"] { try await sandbox.succeed("deploy", name, "--create") }
        let json = try await sandbox.succeed("destroy", "db", "shop", "--yes", "--log-format", "json").errors
        for line in json.split(separator: "\n") {
            let name = try JSONValue(parsing: Array(line.utf8))["environment_name"]?.string
            #expect(name == "db" || name == "shop", "\(line)")
        }
    }
}
