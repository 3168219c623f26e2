import Foundation
import OperatingSystem
import Testing

@Suite("A workflow file", .serialized)
struct WorkflowFileTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static let good = #""provision": [{"name": "a", "run": "true"}]"#

    @Test(
        "that is invalid ends with 64 and the file, the place and the expected value, before anything is made",
        arguments: [
            WrongFile("", ["not JSON"]),
            WrongFile("{", ["not JSON", "line 1, column 2: it ends in the middle"]),
            WrongFile("[]", ["top"]),
            WrongFile("null", []),
            WrongFile("\"text\"", []),
            WrongFile("{}", ["provision", "at least one step"]),
            WrongFile(#"{"provision": []}"#, ["provision", "at least one step"]),
            WrongFile(#"{"configure": [{"name": "a", "run": "b"}]}"#, ["provision", "at least one step"]),
            WrongFile(#"{"provision": {}}"#, ["provision"]),
            WrongFile(#"{"provision": null}"#, ["provision"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x"}, {"name": "a", "run": "y"}]}"#, ["provision", "\"a\""]),
            WrongFile(#"{"provision": ["true"]}"#, ["provision[0]"]),
            WrongFile(#"{"provision": [{}]}"#, ["provision[0]", "name"]),
            WrongFile(#"{"provision": [{"name": "a"}]}"#, ["provision[0]", "run"]),
            WrongFile(#"{"provision": [{"run": "true"}]}"#, ["provision[0]", "name"]),
            WrongFile(#"{"provision": [{"name": 1, "run": "true"}]}"#, ["provision[0].name"]),
            WrongFile(#"{"provision": [{"name": "a", "run": ["true"]}]}"#, ["provision[0].run"]),
            WrongFile(#"{"provision": [{"name": "a", "run": null}]}"#, ["provision[0].run"]),
            WrongFile(#"{"provision": [{"name": "A", "run": "true"}]}"#, ["provision[0].name", "lower-case"]),
            WrongFile(#"{"provision": [{"name": "a-b", "run": "true"}]}"#, ["provision[0].name", "a-b"]),
            WrongFile(#"{"provision": [{"name": "", "run": "true"}]}"#, ["provision[0].name"]),
            WrongFile(#"{"provision": [{"name": "1a", "run": "true"}]}"#, ["provision[0].name"]),
            WrongFile(#"{"provision": [{"name": "../a", "run": "true"}]}"#, ["provision[0].name"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "time_out": 3}]}"#,
                ["provision[0]: unknown key \"time_out\". Did you mean \"timeout_seconds\"?"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "timeout_seconds": 0}]}"#,
                ["provision[0].timeout_seconds", "above 0"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "timeout_seconds": -1}]}"#, ["provision[0].timeout_seconds"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "timeout_seconds": "3"}]}"#,
                ["provision[0].timeout_seconds", "number"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "timeout_seconds": null}]}"#,
                ["provision[0].timeout_seconds"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "timeout_seconds": true}]}"#,
                ["provision[0].timeout_seconds"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "retries": -1}]}"#, ["provision[0].retries", "whole number"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "retries": 1.5}]}"#,
                ["provision[0].retries", "whole number"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "retries": "1"}]}"#, ["provision[0].retries"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "retry_delay_seconds": -0.1}]}"#,
                ["provision[0].retry_delay_seconds"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "repeatable": "no"}]}"#, ["provision[0].repeatable"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "repeatable": 0}]}"#, ["provision[0].repeatable"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "repeatable": null}]}"#, ["provision[0].repeatable"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "inherit": "PATH"}]}"#, ["provision[0].inherit"]),
            WrongFile(#"{\#(good), "destroy": [{"name": "x", "run": "y", "retries": []}]}"#, ["destroy[0].retries"]),
            WrongFile(#"{\#(good), "release": [{"name": "x", "run": "y"}, {"name": "z"}]}"#, ["release[1]", "run"]),
            WrongFile(#"{\#(good), "run": [{"name": "x", "run": "a\u0000b"}]}"#, ["run[0].run"]),
            WrongFile(
                #"{\#(good), "deploy": []}"#, ["at the top: unknown key \"deploy\"; the keys are provision, configure"]),
            WrongFile(
                #"{"provision": [{"name": "a", "run": "x", "retry": 3}]}"#,
                ["provision[0]: unknown key \"retry\". Did you mean \"retries\"?"]),
            WrongFile(
                #"{\#(good), "destroy": [{"name": "x", "run": "y"}, {"Name": "z", "run": "y"}]}"#,
                ["destroy[1]: unknown key \"Name\". Did you mean \"name\"?"]),
            WrongFile(#"{"provison": []}"#, ["at the top: unknown key \"provison\". Did you mean \"provision\"?"]),
            WrongFile(#"{\#(good), "a\u001b[31mb": []}"#, ["unknown key", "the keys are"]),
            WrongFile("[]", ["at the top: an object is expected"]),
            WrongFile(#"{"provision": [{"name": 1, "run": "true"}]}"#, ["provision[0].name: a string is expected"]),
            WrongFile(#"{"provision": {}}"#, ["provision: an array is expected"]),
            WrongFile(#"{"provision": ["true"]}"#, ["provision[0]: an object is expected"]),
            WrongFile(
                "{\n  \(good),\n}", ["line 3, column 1: \"}\" cannot be here; the comma before it is one too many"]),
            WrongFile(
                "{\r\n  \"grüße\": '", ["line 2, column 12: \"'\" cannot be here; a string begins and ends with"]),
            WrongFile("{\(good)", ["line 1, column 45: it ends in the middle"]),
            WrongFile("{\n// steps\n}", ["line 2, column 1: \"/\" cannot be here; JSON has no comments"]),
            WrongFile(
                "{\"provision\": [{\"name\": \"a\"\n\"run\": \"b\"}]}", ["line 2, column 1:", "a comma is missing"]),
            WrongFile("{\"provision\": \"two\nlines\"}", ["line 1, column 19: a string goes over the end of the line"]),
            WrongFile(#"{\#(good), "Configure": []}"#, ["Configure"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "timeout_seconds": 1e400}]}"#, []),
            WrongFile(#"{\#(good), "inherit": [1]}"#, ["inherit"]),
            WrongFile(#"{\#(good), "inherit": ["A=B"]}"#, ["inherit", "A=B"]),
            WrongFile(#"{\#(good), "inherit": [""]}"#, ["inherit"]),
            WrongFile(#"{\#(good), "configure": "none"}"#, ["configure"]),
            WrongFile(#"{\#(good), \#(good)}"#, ["at the top: the key \"provision\" appears twice"]),
            WrongFile(
                #"{\#(good), "run": [{"name": "a", "run": "{,\""}, {"name": "b", "run": "x", "r\u0075n": "y"}]}"#,
                ["run[1]: the key \"run\" appears twice"]),
            WrongFile(
                #"{"provision": [{"name": "a", "name": "b", "run": "x"}]}"#,
                ["provision[0]: the key \"name\" appears twice"]),
            WrongFile(#"{\#(good), "run": [{"name": "x", "run": ""}]}"#, ["run[0].run: a script that is not empty"]),
            WrongFile(
                #"{\#(good), "run": [{"name": "x", "run": " \n\t"}]}"#, ["run[0].run: a script that is not empty"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "timeout_seconds": 0x10}]}"#, ["not JSON", "column"]),
            WrongFile(#"{"provision": [{"name": "a", "run": "x", "timeout_seconds": "10"}]}"#, ["a number above 0"]),
            WrongFile("{\(good)} trailing", ["not JSON"]),
            WrongFile("{\(good)}\n{}", ["line 2, column 1: \"{\" cannot be here; the value ends before it"]),
            WrongFile("\u{FEFF}\u{FEFF}{}", []),
        ])
    func wrong(file: WrongFile) async throws {
        let path = try sandbox.write(file.text, to: "w.json")
        let outcome = try await sandbox.run("my-env", "--workflow", "w.json")
        #expect(outcome.code == 64)
        for word in [path] + file.saying { #expect(outcome.lastWord.contains(word), "\(outcome.lastWord)") }
        for word in ["Dictionary", "Array<", "String", "Swift", "Int", "Double"] {
            #expect(!outcome.lastWord.contains(word), "\(outcome.lastWord)")
        }
        #expect(!sandbox.exists("data"))
    }

    @Test("may omit members with defaults, and use any spelling of numbers")
    func right() async throws {
        try sandbox.write(
            """
            {"provision": [{"name": "a_1", "run": "echo instance_address=::1 >> $OUTPUTS", "timeout_seconds": 1.5e1,
              "retries": 2.0, "retry_delay_seconds": 0, "repeatable": true, "inherit": []}]}
            """, to: "w.json")
        #expect(try await sandbox.run("my-env", "--workflow", "w.json").code == 0)
        #expect(try sandbox.stateName() == "Configured")
    }

    @Test("that is not UTF-8 is refused with the line")
    func notText() async throws {
        try Data("{\n\"provision\": [{\"name\": \"a\", \"run\": \"".utf8 + [0xFF] + "\"}]}".utf8)
            .write(to: URL(fileURLWithPath: sandbox.path("w.json")))
        let outcome = try await sandbox.run("my-env", "--workflow", "w.json")
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains("line 2 is not text in UTF-8"), "\(outcome.lastWord)")
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "that is temporary or not a regular file is refused before anything is made",
        arguments: [
            (shell: "cat w.json | \"$@\" --workflow /dev/stdin", reason: "it is a pipe or a device"),
            ("\"$@\" --workflow /dev/stdin < w.json", "it is a pipe or a device"),
            ("\"$@\" --workflow /dev/fd/7 7< w.json", "it is a pipe or a device"),
            ("\"$@\" --workflow /proc/self/fd/7 7< w.json", "it is a pipe or a device"),
            ("mkfifo pipe; \"$@\" --workflow pipe", "it is a pipe or a device"),
            ("\"$@\" --workflow /dev/null", "it is a pipe or a device"),
            ("\"$@\" --workflow .", "it is a folder"),
        ])
    func fleeting(shell: String, reason: String) async throws {
        try sandbox.workflow(to: "w.json")
        let outcome = try await sandbox.run("my-env", shell: shell)
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains(reason), "\(outcome.lastWord)")
        #expect(!sandbox.exists("data"))
    }

    @Test("may be a symbolic link, and have a name in different objects")
    func link() async throws {
        try sandbox.workflow(configure: [Step("create_instance", "true")], to: "real.json")
        try await sandbox.shell("ln -s real.json link.json")
        #expect(try await sandbox.run("my-env", "--workflow", "link.json").code == 0)
        #expect(try sandbox.body()["provider"]["source"].text == sandbox.path("link.json"))
    }

    @Test("is stored with its checksum, and used by later runs without an option")
    func remembered() async throws {
        let path = try sandbox.workflow(configure: [Step("mark", "touch \"$HOME/configured\"")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned").code == 0)
        let provider = try sandbox.body()["provider"]
        #expect(provider["kind"].text == "workflow" && provider["source"].text == path)
        #expect(provider["digest"].text?.hasPrefix("crc32c:") == true)
        try await sandbox.shell("mkdir elsewhere")
        let outcome = try await sandbox.run(
            "my-env", "--data-dir", "../data", folder: sandbox.path("elsewhere"))
        #expect(outcome.code == 0)
        #expect(sandbox.exists("home/configured"))
        let dry = try await sandbox.run("my-env", "--destroy", "--dry-run")
        #expect(dry.code == 0)
        #expect(try await sandbox.run("my-env", "--provider", "workflow", "--destroy").code == 0)
    }

    @Test("that is stored and missing ends with 64, and nothing is changed")
    func gone() async throws {
        try sandbox.workflow()
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned").code == 0)
        try await sandbox.shell("rm workflow.json")
        let before = try await sandbox.listing()
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains("workflow.json"))
        #expect(try await sandbox.listing() == before)
    }

    @Test("with a changed completed step is refused, and --from starts the release again")
    func mixed() async throws {
        func release(_ tag: String, _ end: String) throws {
            try sandbox.workflow(release: [
                Step("one", "echo one \(tag) >> log"), Step("two", "echo two \(tag) >> log; \(end)"),
            ])
        }
        try release("a", "exit 1")
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "released").code == 1)
        try release("b", "true")
        let outcome = try await sandbox.run("my-env", "--until", "released")
        #expect(outcome.code == 0 && outcome.errors.contains("steps=one"), "\(outcome.testDescription)")
        #expect(sandbox.lines("log") == ["one a", "two a", "two b"])
        let refused = try await sandbox.run("my-env", "--until", "released")
        #expect(refused.code == 78 && refused.lastWord.contains("--from release"), "\(refused.testDescription)")
        #expect(try await sandbox.run("my-env", "--until", "released", "--from", "release").code == 0)
        #expect(sandbox.lines("log").suffix(2) == ["one b", "two b"])
        #expect(try await sandbox.run("my-env", "--until", "released").output.contains("nothing to do"))
    }

    @Test("may repair the failed step, and the run resumes at that step")
    func repaired() async throws {
        try sandbox.workflow(provision: [.address, Step("b", "exit 1"), Step("c", "true")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 1)
        try sandbox.workflow(provision: [
            .address, Step("b", "true"), Step("b2", "true"), Step("c", "true"),
        ])
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains("the steps were changed"))
        #expect(outcome.errors.contains("from_digest=crc32c:") && outcome.errors.contains("to_digest=crc32c:"))
        let started = try sandbox.events().filter { $0.hasSuffix("started") }
        #expect(
            started == [
                "provision:create_instance started", "provision:b started", "provision:b started",
                "provision:b2 started",
                "provision:c started",
            ])
        try sandbox.checkStored()
    }

    @Test(
        "whose completed steps are no longer the first ones is refused with 78",
        arguments: [
            [Step("b", "true"), Step("c", "true")], [Step("b", "true"), .address, Step("c", "true")],
            [Step("renamed", "true"), Step("b", "true")], [Step("new", "true"), .address, Step("b", "true")],
        ])
    func unfit(steps: [Step]) async throws {
        try sandbox.workflow(provision: [.address, Step("b", "exit 1"), Step("c", "true")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 1)
        let before = try sandbox.state()
        try sandbox.workflow(provision: steps)
        for more in [[], ["--dry-run"]] {
            let outcome = try await sandbox.run(["my-env"] + more)
            #expect(outcome.code == 78)
            #expect(outcome.lastWord.contains("create_instance") && outcome.lastWord.contains(steps[0].name))
        }
        #expect(try sandbox.state() == before)
    }

    @Test("is not replaced by another provider while a command is unfinished", arguments: [true, false])
    func otherProvider(isInterrupted: Bool) async throws {
        let steps = [.address, Step("b", isInterrupted ? "kill -9 $PPID" : "exit 1")]
        try sandbox.workflow(provision: steps)
        let first = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(first.end == (isInterrupted ? .signalled(9) : .exited(1)))
        let outcome = try await sandbox.run("my-env", "--provider", "local", "--lock-timeout", "5")
        #expect(outcome.code == 78)
        #expect(outcome.lastWord.contains("workflow") && outcome.lastWord.contains("local"))
    }

    @Test(
        "of another provider is refused in every state with resources",
        arguments: [[], ["--from", "provision"], ["--until", "released"], ["--destroy"], ["--dry-run"]])
    func otherProviderLater(options: [String]) async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        try sandbox.workflow()
        let outcome = try await sandbox.run(["my-env", "--workflow", "workflow.json"] + options)
        #expect(outcome.code == 78 && outcome.lastWord.contains("with the provider local"), "\(outcome)")
        #expect(try sandbox.body()["provider"]["kind"].text == "local")
    }

    @Test("may be replaced when no command is unfinished")
    func otherFile() async throws {
        try sandbox.workflow(configure: [Step("one", "true")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned").code == 0)
        let other = try sandbox.workflow(configure: [Step("two", "true")], to: "other.json")
        #expect(try await sandbox.run("my-env", "--workflow", "other.json").code == 0)
        #expect(try sandbox.body()["provider"]["source"].text == other)
        #expect(try sandbox.events().contains("configure:two completed"))
    }
}

/// The text of an invalid workflow file, and words that the error must contain.
struct WrongFile: Sendable, CustomTestStringConvertible {
    let text: String
    let saying: [String]

    init(_ text: String, _ saying: [String]) {
        self.text = text
        self.saying = saying
    }

    var testDescription: String { text }
}
