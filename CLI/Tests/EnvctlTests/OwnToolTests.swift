import Commands
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// The example `shop`: every command of `envctl` under its own name, with a provider written in Swift.
@Suite("A tool with a provider of its own")
struct OwnToolTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox(program: "shop") }

    @Test("deploys, fails, retries, is killed, resumes, releases again and destroys, as its own hints say")
    func life() async throws {
        let catalogue = sandbox.path("catalogue.csv")
        let failed = try await sandbox.type(
            "shop deploy store --create --until running --set tag=v1 --set catalogue=\(catalogue)")
        #expect(failed.code == 1, "\(failed)")
        #expect(try failed.next("shop") == "shop logs store stage")
        #expect(try await sandbox.type(failed.next("shop")).output.contains("catalogue.csv"))
        #expect(failed.lastWord.contains("Repair the cause, then retry: shop retry store."))
        try sandbox.write("id,price\n1,10\n", to: "catalogue.csv")
        let retried = try await sandbox.type("shop retry store")
        #expect(retried.code == 0, "\(retried)")
        #expect(try retried.next("shop") == "shop run store")
        #expect(try await sandbox.type(retried.next("shop")).code == 0)
        #expect(sandbox.read("data/store/instance/catalogue") == "id,price\n1,10\n")

        // Killed while the next release waits for its approval.
        try sandbox.write("id,price\n1,12\n", to: "catalogue.csv")
        let program = try sandbox.start([
            "release", "store", "--set", "tag=v2", "--set", "approval=\(sandbox.path("approved"))",
        ])
        try await wait(for: "the step") {
            try await sandbox.run("show", "store").output.contains("2 of 3, approve")
        }
        program.signal(SIGKILL)
        _ = try await program.end()
        let shown = try await sandbox.type("shop show store")
        #expect(try shown.next("shop") == "shop resume store", "\(shown)")
        #expect(sandbox.read("data/store/instance/catalogue") == "id,price\n1,10\n")
        try sandbox.write("", to: "approved")
        let resumed = try await sandbox.type(shown.next("shop"))
        #expect(resumed.code == 0 && !resumed.errors.contains("stage"), "\(resumed)")
        #expect(sandbox.read("data/store/instance/catalogue") == "id,price\n1,12\n")
        #expect(try await sandbox.type("shop run store").code == 0)
        #expect(try await sandbox.state("store") == "running")

        let destroyed = try await sandbox.type("shop destroy store --yes")
        #expect(destroyed.code == 0, "\(destroyed)")
        #expect(try destroyed.next("shop") == "shop purge store")
        #expect(!sandbox.exists("data/store/instance"))
    }

    @Test("has its own name in help, version, errors, completions and what manual pages are made from")
    func name() async throws {
        #expect(try await sandbox.succeed("--version").output == "shop 1.4.0\n")
        let help = try await sandbox.succeed("--help").output
        #expect(help.hasPrefix("OVERVIEW: Deploys the shop and its catalogue.") && help.contains("shop show NAME"))
        #expect(try await sandbox.run("lsit").lastWord.hasSuffix("Next: shop --help"))
        for arguments in [
            ["--help"], ["deploy", "--help"], ["help", "rerun"], ["--generate-completion-script", "bash"],
            ["--experimental-dump-help"], ["show", "nope"], ["list"], ["list", "--store", "nope"],
        ] {
            let outcome = try await sandbox.run(arguments)
            let printed = "\(outcome)".replacing(sandbox.root, with: "")
            #expect(!printed.contains("envctl"), "\(arguments): \(outcome)")
        }
    }

    @Test("makes environments with its own provider, and with another one that is named")
    func provider() async throws {
        try await sandbox.succeed("create", "own")
        try await sandbox.succeed("create", "named", "--provider", "shop")
        try await sandbox.succeed("create", "here", "--provider", "local")
        for (name, provider) in [("own", "shop"), ("named", "shop"), ("here", "local")] {
            let json = try await sandbox.succeed("show", name, "--json").json()
            #expect(json["provider"]?["kind"]?.string == provider)
        }
        let wrong = try await sandbox.run("create", "wrong", "--provider", "shopp")
        #expect(wrong.code == 64 && wrong.lastWord.contains("use shop, local,"), "\(wrong)")
        // Another tool shows such an environment and refuses to work on it.
        let envctl = try Sandbox()
        let refused = try await envctl.run("deploy", "own", "--store", sandbox.path("data"))
        #expect(refused.code == 64 && refused.lastWord.contains("made with the provider shop"), "\(refused)")
        #expect(try await envctl.run("doctor", "own", "--store", sandbox.path("data")).code == 65)
    }
}

@Suite("What a tool says of itself")
struct ToolTests {
    @Test(
        "is refused when its name is none for a program, or its provider is there already",
        arguments: [
            (Tool(name: "a b", version: "1", summary: "", providers: []), "'a b'"),
            (Tool(name: "", version: "1", summary: "", providers: []), "''"),
            (Tool(name: "-x", version: "1", summary: "", providers: []), "'-x'"),
            (Tool(name: "shop", version: "1", summary: "", providers: [.local]), "provider local"),
        ])
    func flaw(tool: Tool, part: String) { #expect(tool.flaw?.contains(part) == true) }

    @Test("is accepted when both are fine")
    func fine() { #expect(Tool(name: "shop-2.x", version: "1", summary: "", providers: []).flaw == nil) }
}
