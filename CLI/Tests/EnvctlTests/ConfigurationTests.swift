import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("The configuration file")
struct ConfigurationTests {
    /// The home folder's file.
    private func writeHome(_ text: String, _ sandbox: Sandbox) async throws {
        try await sandbox.shell("mkdir -p home/.config/envctl")
        try sandbox.write(text, to: "home/.config/envctl/config.json")
    }

    @Test("A store has a name, which hints keep; a folder of the file is relative to it")
    func stores() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(#"{"stores": {"prod": "here"}}"#, to: ".envctl.json")
        try await writeHome(#"{"stores": {"prod": "elsewhere", "home": "there"}}"#, sandbox)
        let created = try await sandbox.succeed("create", "web", "--store", "prod")
        #expect(sandbox.exists("here/web/history.jsonl"))
        #expect(try created.next().hasSuffix("web --store prod"))
        try await sandbox.succeed("create", "web", "--store", "home")
        #expect(sandbox.exists("home/.config/envctl/there/web/history.jsonl"))
        try await sandbox.succeed("create", "web", "--store", "./prod")
        #expect(sandbox.exists("prod/web/history.jsonl"))
        let moved = try await sandbox.run("migrate-store", "--help")
        #expect(moved.code == 0)
    }

    @Test("An option comes first, then the variable, the working folder's file and that of the user's folder")
    func precedence() async throws {
        let sandbox = try Sandbox()
        func create(_ name: String, _ words: String = "") async throws {
            let outcome = try await sandbox.run(
                shell: "unset TYPED_ENVIRONMENTS_STORE; \(words) \"$PROGRAM\" create \(name)")
            #expect(outcome.code == 0, "\(outcome)")
        }
        try await writeHome(#"{"store": "mine", "stores": {"mine": "\#(sandbox.path("fourth"))"}}"#, sandbox)
        try await create("web")
        #expect(sandbox.exists("fourth/web"))
        try sandbox.write(#"{"store": "third"}"#, to: ".envctl.json")
        try await create("web")
        #expect(sandbox.exists("third/web"))
        try await create("web", "ENVCTL_STORE=second")
        #expect(sandbox.exists("second/web"))
        let option = try await sandbox.run(shell: "ENVCTL_STORE=second \"$PROGRAM\" create web --store first")
        #expect(option.code == 0)
        #expect(sandbox.exists("first/web"))
        try await sandbox.succeed("create", "web", "--data-dir", "folder")
        #expect(sandbox.exists("folder/web"))
    }

    /// A file, and what is said about it.
    static let refused: [(text: String, reason: String)] = [
        ("{\n  \"store\": \"a\",\n  oops\n}", "it is not JSON: line 3, column 3"),
        (#"{"stroes": {}}"#, #"unknown key "stroes". Did you mean "stores"?"#),
        (#"{"store": ""}"#, "store: the name of a store"), (#"{"store": 5}"#, "store: a string is expected"),
        (#"{"store": "a", "store": "b"}"#, "once is expected"), ("[]", "an object is expected"),
        (#"{"stores": {"Prod": "a"}}"#, "\"Prod\" is no name of a store"),
        (#"{"stores": {"a": ""}}"#, "not an empty text"),
        (#"{"color": "red"}"#, "color: auto, always, never is expected"),
        (
            #"{"notifications": {"a": {"on": ["fialed"], "run": "x"}}}"#,
            #"unknown event "fialed". Did you mean "failed"?"#
        ),
        (#"{"notifications": {"a": {"on": [], "run": "x"}}}"#, "at least one event is expected"),
        (#"{"notifications": {"a": {"on": ["failed"]}}}"#, #"notifications.a: either "run" or "webhook" is expected"#),
        (
            #"{"notifications": {"a": {"on": ["failed"], "run": "x", "webhook": "https://a"}}}"#,
            #"either "run" or "webhook" is expected"#
        ),
        (#"{"notifications": {"a": {"on": ["failed"], "webhook": "file:///etc/passwd"}}}"#, "begins with https://"),
        (#"{"notifications": {"a": {"on": ["failed"], "run": " "}}}"#, "a script that is not empty"),
        (#"{"notifications": {"a": {"on": ["failed"], "run": "x", "timeout_seconds": 0}}}"#, "a number above 0"),
        (#"{"notifications": {"../a": {"on": ["failed"], "run": "x"}}}"#, "is no name of a target"),
        (#"{"notifications": {"a": {"On": ["failed"], "run": "x"}}}"#, #"unknown key "On". Did you mean "on"?"#),
    ]

    @Test("What cannot be used is refused with its place, and nothing is done", arguments: refused)
    func faults(text: String, reason: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(text, to: ".envctl.json")
        let outcome = try await sandbox.run("create", "web")
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.lastWord.contains("The configuration file .envctl.json cannot be used: "), "\(outcome)")
        #expect(outcome.lastWord.contains(reason), "\(outcome)")
        #expect(!sandbox.exists("data"))
        #expect(try await sandbox.run("--help").code == 0)
    }

    @Test("A file that others can change is refused, and the hint helps", arguments: ["666", "620", "602"])
    func permissions(mode: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(#"{"store": "a"}"#, to: ".envctl.json")
        try await sandbox.shell("chmod \(mode) .envctl.json")
        let outcome = try await sandbox.run("create", "web")
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains(".envctl.json can be changed by others (its mode is \(mode))"), "\(outcome)")
        let next = try #require(outcome.lastWord.firstMatch(of: /Next: (.+)/)?.1)
        try await sandbox.shell(String(next))
        try await sandbox.succeed("create", "web")
        #expect(sandbox.exists("a/web"))
    }

    @Test("A file of another user is refused", .enabled(if: getuid() == 0, "only root can give a file away"))
    func owner() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(#"{"store": "a"}"#, to: ".envctl.json")
        try await sandbox.shell("chown 65534 .envctl.json")
        let outcome = try await sandbox.run("create", "web")
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains("belongs to the user"), "\(outcome)")
    }

    @Test("A home that is no folder has no configuration", arguments: ["/dev/null", "/absent"])
    func noHome(home: String) async throws {
        let sandbox = try Sandbox()
        let outcome = try await sandbox.run(shell: "HOME=\(home) \"$PROGRAM\" create web")
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("The doctor says which files were read")
    func doctor() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        #expect(try await sandbox.succeed("doctor", "--json").json()["configuration"]?.elements == [])
        try sandbox.write("{}", to: ".envctl.json")
        try await writeHome("{}", sandbox)
        let outcome = try await sandbox.succeed("doctor", "web")
        let paths = [sandbox.path(".envctl.json"), sandbox.path("home/.config/envctl/config.json")]
        for path in paths { #expect(outcome.output.contains("configuration \(path)"), "\(outcome)") }
        let json = try await sandbox.succeed("doctor", "--json").json()
        #expect(json["configuration"]?.elements.compactMap(\.string) == paths)
        // The folder for settings that the user has chosen takes the place of the usual one.
        let other = try await sandbox.run(
            shell:
                "mkdir -p other/envctl; echo '{}' > other/envctl/config.json; XDG_CONFIG_HOME=$PWD/other \"$PROGRAM\" doctor web"
        )
        #expect(other.output.contains("configuration \(sandbox.path("other/envctl/config.json"))"), "\(other)")
    }

    @Test("Colour comes from the file, unless an option or NO_COLOR says otherwise")
    func color() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        try sandbox.write(#"{"color": "always"}"#, to: ".envctl.json")
        #expect(try await sandbox.succeed("list").output.contains("\u{1B}["))
        for words in [
            "\"$PROGRAM\" list --color never", "\"$PROGRAM\" list --no-color", "NO_COLOR=1 \"$PROGRAM\" list",
        ] {
            let outcome = try await sandbox.run(shell: words)
            #expect(outcome.code == 0 && !outcome.output.contains("\u{1B}["), "\(words): \(outcome)")
        }
        #expect(try await sandbox.succeed("list", "--color", "always").output.contains("\u{1B}["))
    }

    @Test("The documented sample is one that the tool reads")
    func sample() async throws {
        let sandbox = try Sandbox()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Examples/configuration")
        try await sandbox.shell("install -m 600 '\(folder.path())/envctl.json' .envctl.json")
        try await sandbox.succeed("create", "web", "--store", "dev")
        #expect(sandbox.exists("data/web"))
        let notices = try await sandbox.run("notify", "--store", "dev")
        #expect(notices.output == "nothing to deliver\n", "\(notices)")
    }
}
