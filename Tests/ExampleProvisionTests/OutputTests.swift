import Foundation
import OperatingSystem
import Testing

@Suite("What the program prints", .serialized)
struct OutputTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static var transition: Regex<Substring> {
        #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO environment state transition environment_name=my-env instance_name=env-my-env from_state=\w+ to_state=\w+/#
    }

    @Test("is one line for each transition on standard error, in the documented form")
    func transitionLog() async throws {
        let outcome = try await sandbox.run("my-env")
        let lines = outcome.errorLines.filter { $0.contains("state transition") }
        #expect(lines.count == 4)
        for line in lines { #expect(line.wholeMatch(of: Self.transition) != nil, "\(line)") }
        #expect(lines[0].hasSuffix("from_state=created to_state=provisioning"))
    }

    @Test(
        "is nothing but JSON objects on standard error with --log-format json",
        arguments: [
            Invocation(["my-env"], 0), Invocation(["my-env", "--verbose"], 0),
            Invocation(["my-env", "--workflow", "bad.json"], 64),
            Invocation(["my-env", "--workflow", "failing.json"], 1),
            Invocation(["my-env", "--status"], 66), Invocation(["My_Env"], 64),
            Invocation(["my-env", "--no-such-option"], 64), Invocation([], 64),
        ])
    func jsonLog(invocation: Invocation) async throws {
        let (arguments, code) = (invocation.arguments, invocation.code)
        try sandbox.write("{}", to: "bad.json")
        try sandbox.workflow(
            provision: [.address, Step("fail", "echo out; exit 1", retries: 1, delay: 0)], to: "failing.json")
        for form in [["--log-format", "json"], ["--log-format=json"]] {
            let outcome = try await sandbox.run(arguments + form)
            #expect(outcome.code == code)
            #expect(code == 0 || !outcome.errors.isEmpty)
            for line in outcome.errorLines {
                let record = try #require(try? JSON(line), "\(line)")
                let time = try #require(record["timestamp"].text)
                #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil)
                #expect(["debug", "info", "warning", "error"].contains(record["level"].text))
                #expect(record["message"].text?.isEmpty == false)
                if record["message"].text == "environment state transition" {
                    for key in ["environment_name", "instance_name", "from_state", "to_state"] {
                        #expect(record[key].text?.isEmpty == false)
                    }
                }
            }
            if arguments == ["my-env"] {
                let transitions = try outcome.errorLines.map(JSON.init).filter { $0["from_state"].text != nil }
                #expect(
                    transitions.map { $0["to_state"].text } == [
                        "provisioning", "provisioned", "configuring", "configured",
                    ])
            }
            try await sandbox.shell("rm -rf data")
        }
    }

    @Test("is the documented object with --json")
    func success() async throws {
        let json = try await sandbox.run("my-env", "--json").json()
        #expect(json["environment"].text == "my-env" && json["state"].text == "configured")
        #expect(json["serial"].integer == 15 && json["changed"].truth == true)
        #expect(json["instance_address"].text == "127.0.0.1" && json["data_dir"].text == sandbox.data)
        #expect(json["next"].text == "example-provision my-env --until released")
        let steps = try #require(json["steps"].elements)
        #expect(
            steps.map { "\($0["command"].text ?? "") \($0["name"].text ?? "") \($0["outcome"].text ?? "")" } == [
                "provision create_instance completed", "provision generate_keys completed",
                "provision wait_until_ready completed", "configure write_configuration completed",
                "configure verify_configuration completed",
            ])
        #expect(steps.allSatisfy { ($0["duration_seconds"].number ?? -1) >= 0 })
        let again = try await sandbox.run("my-env", "--json").json()
        #expect(again["changed"].truth == false && again["serial"].integer == 15 && again["steps"].elements == [])
    }

    @Test(
        "is one object with the exit code with --json, also for an error",
        arguments: [
            Invocation(["my-env", "--workflow", "failing.json"], 1, "step_failed"),
            Invocation(["my-env", "--nonsense"], 64, "usage"),
            Invocation([], 64, "usage"),
            Invocation(["Bad"], 64, "invalid_value"),
            Invocation(["my-env", "--workflow", "absent.json"], 64, "invalid_workflow"),
            Invocation(["damaged", "--status"], 65, "corrupted"),
            Invocation(["my-env", "--status"], 66, "not_found"),
            Invocation(["my-env", "--destroy"], 66, "not_found"),
            Invocation(["my-env", "--data-dir", "file"], 74, "read_failed"),
            Invocation(["gone"], 78, "wrong_state"),
        ])
    func errors(invocation: Invocation) async throws {
        let (arguments, code) = (invocation.arguments, invocation.code)
        try sandbox.workflow(provision: [Step("fail", "exit 1")], to: "failing.json")
        try sandbox.write("", to: "file")
        try await sandbox.shell("mkdir -p data/damaged && : > data/damaged/state.json")
        #expect(try await sandbox.run("gone").code == 0)
        #expect(try await sandbox.run("gone", "--destroy").code == 0)
        let outcome = try await sandbox.run(arguments + ["--json"])
        #expect(outcome.code == code)
        let json = try outcome.json()
        #expect(json.members.map { Array($0.keys) } == ["error"])
        #expect(json["error"]["code"].integer == Int(code))
        #expect(json["error"]["kind"].text == invocation.saying)
        #expect(json["error"]["message"].text?.isEmpty == false)
        let known = Set([
            "code", "kind", "message", "step", "holder", "next", "trace_file", "emergency_record", "suggested_actions",
        ])
        #expect(json["error"].members.map { known.isSuperset(of: $0.keys) } == true)
        #expect(!outcome.lastWord.isEmpty)
    }

    @Test("is the result only on standard output")
    func separation() async throws {
        try sandbox.workflow(provision: [Step("talk", "echo from the step; echo and this >&2"), .address])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--verbose")
        #expect(outcome.code == 0)
        #expect(!outcome.output.contains("from the step") && !outcome.output.contains("transition"))
        #expect(outcome.errors.contains("from the step") && outcome.errors.contains("and this"))
        #expect(outcome.errors.contains("DEBUG lock acquired"))
        let failed = try await sandbox.run("my-env", "--status", "--nonsense")
        #expect(failed.output.isEmpty)
    }

    @Test("is the log and the progress in the order in which things happen", arguments: ["text", "json"])
    func order(format: String) async throws {
        // Steps that take no time, so that lines which could change places would.
        let steps = (1...20).map { Step("s\($0)", "echo line of \($0)") }
        try sandbox.workflow(provision: steps + [.address])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", "--verbose", "--log-format", format)
        let events = outcome.errors.split(separator: "\n").compactMap { line -> String? in
            if line.contains("to_state") { return "transition" }
            if line.contains("line of") { return "line" }
            if line.contains(format == "json" ? "step started" : "start   ") { return "start" }
            return line.contains(format == "json" ? "step completed" : "done    ") ? "done" : nil
        }
        let step = ["start", "line", "done"]
        let expected =
            ["transition", "transition"] + (1...20).flatMap { _ in step } + ["start", "done"]
            + ["transition", "transition", "transition"]
        #expect(events == expected, "\(outcome.errors)")
    }

    @Test("shows the last line of a failing step beside its end")
    func lastLine() async throws {
        try sandbox.workflow(provision: [Step("fail", "echo first; echo why it failed; echo; exit 6")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.errors.contains("): exited with status 6: why it failed\n"), "\(outcome)")
        #expect(
            try await sandbox.run("my-env", "--status").output.contains("fail: exited with status 6: why it failed\n"))
    }

    @Test("is only the result and errors with --quiet")
    func quiet() async throws {
        let outcome = try await sandbox.run("my-env", "--quiet")
        #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.output.contains("configured"))
        try sandbox.workflow(provision: [Step("fail", "echo why; exit 1")])
        let failed = try await sandbox.run("other", "--quiet", "--workflow", "workflow.json")
        #expect(failed.code == 1 && failed.errors.contains("why") && failed.lastWord.hasPrefix("error: "))
    }

    @Test("contains the output of steps only with --verbose")
    func normal() async throws {
        try sandbox.workflow(provision: [Step("talk", "echo from the step"), .address])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(!outcome.errors.contains("from the step") && !outcome.errors.contains("DEBUG"))
        #expect(outcome.errors.contains("provision talk"))
    }

    @Test(
        "is the version or the help on standard output, whatever other options are given",
        arguments: [[], ["my-env", "--status"]])
    func help(before: [String]) async throws {
        let help = try await sandbox.run(before + ["--help"])
        #expect(
            help.code == 0 && help.errors.isEmpty && help.output.hasPrefix("USAGE: example-provision NAME [options]"))
        for option in [
            "--data-dir DIR", "--provider NAME", "--ssh-user", "--ssh-key", "--ssh-port", "--workflow FILE",
            "--until STATE",
            "--lock-timeout SECONDS", "--dry-run", "--status", "--destroy", "--purge", "--recover FILE",
            "--emergency-dir DIR",
            "--rerun STEP", "--json", "--log-format", "--quiet", "--verbose", "--version", "--help",
        ] {
            #expect(help.output.contains(option))
        }
        let version = try await sandbox.run(before + ["--version"])
        #expect(version.code == 0 && version.output.wholeMatch(of: #/example-provision \d+\.\d+\.\d+\n/#) != nil)
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "cannot control a terminal, whatever a step prints",
        arguments: [[], ["--verbose"], ["--json"], ["--log-format=json"]])
    func control(options: [String]) async throws {
        try sandbox.workflow(provision: [
            Step(
                "paint",
                "printf '\\033[31mred\\033]0;title\\007\\r\\n\\302\\233x\\n'; printf 'x=\\033[1m\\n' >> \"$OUTPUTS\"; exit 1"
            )
        ])
        let outcome = try await sandbox.run(["my-env", "--workflow", "workflow.json"] + options)
        #expect(outcome.code == 1)
        #expect(
            !(outcome.errors + outcome.output).unicodeScalars.contains {
                $0.value < 32 && $0 != "\n" || (127..<160).contains($0.value)
            })
        let status = try await sandbox.run("my-env", "--status")
        #expect(!status.output.contains("\u{1B}"))
    }
}
