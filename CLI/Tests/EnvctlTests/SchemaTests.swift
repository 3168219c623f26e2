import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Schemas")
struct SchemaTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Whether Python has the package that checks JSON against a schema.
    @Sendable private static func canCheck() async throws -> Bool {
        let script = "python3 -W ignore -c 'import jsonschema; jsonschema.Draft202012Validator' 2>&1 || :"
        return try await Sandbox().shell(script) == ""
    }

    private static let missing: Comment = "python3 has no jsonschema: pip install jsonschema"

    /// Checks documents against their schemas, in which unknown members are errors here: each argument is the name of a
    /// schema, `=` and a file.
    private static let checker = """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        def close(value):
            if isinstance(value, dict):
                if "properties" in value and value.get("type") == "object":
                    value.setdefault("additionalProperties", False)
                for member in value.values(): close(member)
            elif isinstance(value, list):
                for element in value: close(element)
        close(schema["$defs"])
        for argument in sys.argv[2:]:
            name, file = argument.split("=", 1)
            schema["$ref"] = "#/$defs/" + name
            for error in jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(file))):
                print(argument, list(error.path), error.message[:200])
        """

    /// What is wrong with documents, a line each.
    private func complaints(_ documents: [(schema: String, file: String)]) async throws -> String {
        try await sandbox.shell("\"$PROGRAM\" schema > schema.json")
        try sandbox.write(Self.checker, to: "check.py")
        let words = documents.map { "'\($0.schema)=\($0.file)'" }.joined(separator: " ")
        return try await sandbox.shell("python3 -W ignore check.py schema.json \(words)")
    }

    @Test(
        "What every command says with --json is what its schema says, and has no member more",
        .enabled(missing, canCheck))
    func results() async throws {
        try await sandbox.failed("api")
        try await sandbox.succeed("deploy", "web", "--create", "--until", "released", "--set", "tag=v1")
        try await sandbox.succeed("create", "spare")
        let program = try await sandbox.atWork("locked", survives: false)
        try await sandbox.succeed("create", "other", "--data-dir", "source")
        var documents: [(schema: String, file: String)] = []
        func take(_ line: String, as schema: String? = nil) async throws {
            let words = line.split(separator: " ").map(String.init)
            let outcome = try await sandbox.run(words + ["--json"])
            let isError = try outcome.json()["error"] != nil
            let name = schema ?? (isError ? "error" : words[0])
            if name != "error" { #expect(!isError, "\(line): \(outcome)") }
            documents.append((name, try sandbox.write(outcome.output, to: "\(documents.count).json")))
        }
        for line in [
            "list", "show api", "show web", "show locked", "history api", "logs api", "logs api --list", "trace api",
            "trace web", "lock locked", "lock web", "diagram", "diagram api", "diagram web --format svg", "stats",
            "stats api", "report", "report api --output page.html", "plan web", "plan spare --until running",
            "diff web", "diff api 1 5", "doctor", "export web", "create fresh", "freeze fresh --reason x --until 2h",
            "list", "show fresh", "unfreeze fresh", "deploy web --until released",
            "release web --set tag=v2", "rollback web --dry-run", "rollback web --yes", "validate web",
            "restore spare 1 --yes", "cancel spare", "cancel locked --yes", "migrate-store --to target",
            "destroy spare --yes", "purge spare --dry-run", "purge spare --yes", "prepare-store",
        ] { try await take(line) }
        _ = try await program.end()
        for line in ["show api web nope", "destroy --all --dry-run"] { try await take(line, as: "several") }
        for line in ["show nope", "lsit", "retry api", "resume web", "deploy nope", "rollback api"] {
            try await take(line, as: "error")
        }
        let complaints = try await complaints(documents)
        #expect(complaints == "", "\(complaints)")
    }

    @Test(
        "The workflow schema takes what the program takes, and refuses what it refuses",
        .enabled(missing, canCheck),
        arguments: [
            (#"{"provision": [{"name": "a", "run": "true"}]}"#, true),
            (
                #"{"provision": [{"name": "a", "run": "true", "timeout_seconds": 0.5, "retries": 3, "retry_delay_seconds": 0, "repeatable": false, "inherit": ["HOME"]}], "run": [], "inherit": []}"#,
                true
            ),
            (#"{"provision": []}"#, false), ("{}", false), (#"{"provision": [{"name": "A", "run": "true"}]}"#, false),
            (#"{"provision": [{"name": "a", "run": " "}]}"#, false),
            (#"{"provision": [{"name": "a", "run": "true", "retry": 3}]}"#, false),
            (#"{"provision": [{"name": "a", "run": "true", "retries": 1.5}]}"#, false),
            (#"{"provision": [{"name": "a", "run": "true", "timeout_seconds": 0}]}"#, false),
            (#"{"provision": [{"name": "a", "run": "true"}], "deploy": []}"#, false),
        ])
    func workflow(text: String, isValid: Bool) async throws {
        let file = try sandbox.write(text, to: "w.json")
        #expect(try await complaints([("workflow", file)]).isEmpty == isValid)
        let plan = try await sandbox.run("plan", "web", "--workflow", "w.json")
        #expect(plan.code == (isValid ? 0 : 64), "\(plan)")
    }

    @Test(
        "The configuration schema accepts the sample and refuses the files that the program refuses",
        .enabled(missing, canCheck))
    func configuration() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Examples/configuration/envctl.json")
        let sample = try String(contentsOf: file, encoding: .utf8)
        #expect(try await complaints([("configuration", sandbox.write(sample, to: "c.json"))]) == "")
        for text in [
            #"{"stroes": {}}"#, #"{"store": ""}"#, #"{"store": 5}"#, "[]", #"{"stores": {"a": ""}}"#,
            #"{"color": "red"}"#,
            #"{"notifications": {"a": {"on": ["fialed"], "run": "x"}}}"#,
            #"{"notifications": {"a": {"on": [], "run": "x"}}}"#, #"{"notifications": {"a": {"on": ["failed"]}}}"#,
            #"{"notifications": {"a": {"on": ["failed"], "run": "x", "webhook": "https://a"}}}"#,
            #"{"notifications": {"a": {"on": ["failed"], "webhook": "file:///etc/passwd"}}}"#,
            #"{"notifications": {"a": {"on": ["failed"], "run": " "}}}"#,
            #"{"notifications": {"a": {"on": ["failed"], "run": "x", "timeout_seconds": 0}}}"#,
        ] {
            let file = try sandbox.write(text, to: "c.json")
            #expect(try await complaints([("configuration", file)]) != "", "\(text)")
        }
    }

    @Test("No two definitions have one name")
    func definitions() {
        let names = [
            WorkflowSchema.definitions, ConfigurationSchema.definitions, PartSchemas.definitions,
            ResultSchemas.definitions,
        ].flatMap(\.keys)
        #expect(Set(names).count == names.count, "\(names.sorted())")
    }

    @Test("There is a schema of every command that prints JSON, and one can be had alone")
    func names() async throws {
        let all = try JSONValue(parsing: Array(try await sandbox.succeed("schema").output.utf8))
        let silent: Set = ["help", "watch", "schema", "completion", "ls", "ps", "status", "rm", "ui"]
        for command in CommandNames.all where !silent.contains(command) {
            #expect(all["$defs"]?[command] != nil, "\(command)")
        }
        let one = try JSONValue(parsing: Array(try await sandbox.succeed("schema", "workflow").output.utf8))
        #expect(one["$ref"]?.string == "#/$defs/workflow")
        let unknown = try await sandbox.run("schema", "workflwo")
        #expect(unknown.code == 64 && unknown.lastWord.contains("Did you mean workflow?"), "\(unknown)")
    }
}
