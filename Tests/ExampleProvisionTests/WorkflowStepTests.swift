import Foundation
import OperatingSystem
import Testing

@Suite("A workflow's steps", .serialized)
struct WorkflowStepTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("run as in the documented example")
    func example() async throws {
        try sandbox.write(
            #"""
            {
              "provision": [
                {"name": "create_instance", "run": "mkdir -p \"$INSTANCE_DIR\" && echo instance_address=127.0.0.1 >> \"$OUTPUTS\""},
                {"name": "wait_until_ready", "run": "test -d \"$INSTANCE_DIR\"", "timeout_seconds": 30, "retries": 3, "retry_delay_seconds": 1}
              ],
              "configure": [{"name": "install", "run": "echo installed > \"$INSTANCE_DIR/installed\""}],
              "release": [], "run": [], "destroy": [{"name": "remove_instance", "run": "rm -rf \"$INSTANCE_DIR\""}]
            }
            """#, to: "FILE.json")
        let outcome = try await sandbox.run("my-env", "--workflow", "FILE.json", "--json")
        #expect(outcome.code == 0)
        #expect(try outcome.json()["instance_address"].text == "127.0.0.1")
        #expect(sandbox.read("data/my-env/instance/installed") == "installed\n")
        // A release and a run without steps complete immediately.
        #expect(try await sandbox.run("my-env", "--until", "running", "--json").json()["state"].text == "running")
        #expect(try await sandbox.run("my-env", "--until", "running", "--json").json()["changed"].truth == false)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(!sandbox.exists("data/my-env/instance"))
        try sandbox.checkStored()
    }

    @Test("get the documented variables and no others of the caller")
    func variables() async throws {
        try sandbox.workflow(
            provision: [
                Step("hand_on", "echo instance_address=10.0.0.7 >> \"$OUTPUTS\"; echo Some_thing=1=2 >> \"$OUTPUTS\""),
                Step(
                    "show",
                    "env -0 | sort -z | tr '\\0' '\\n' > \"$HOME/env\"; cat /proc/$$/cmdline | tr '\\0' ' ' > \"$HOME/cmd\""
                ),
            ], configure: [Step("show_more", "env > \"$HOME/more\"", inherit: ["OTHER"])], inherit: ["EXTRA", "ABSENT"])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json",
            variables: [
                "SECRET": "x", "EXTRA": "given", "OTHER": "for one", "LANG": "C", "SSH_AUTH_SOCK": "/s", "LC_ALL": "C",
            ])
        #expect(outcome.code == 0)
        let pairs = sandbox.lines("home/env").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        var found = Dictionary(pairs.map { ($0[0], $0.dropFirst().joined()) }) { $1 }
        // These are variables of the shell.
        for name in ["PWD", "OLDPWD", "SHLVL", "_"] { found[name] = nil }
        let run = try #require(try sandbox.history().first { $0["step"].text == "show" }?["command_id"].text)
        let folder = sandbox.path("data/my-env")
        #expect(
            found == [
                "ENVIRONMENT_NAME": "my-env", "INSTANCE_NAME": "env-my-env", "INSTANCE_DIR": folder + "/instance",
                "DATA_DIR": sandbox.data, "OUTPUTS": "\(folder)/logs/\(run)/02-show.outputs", "BUSY_FD": "3",
                "STEP_NAME": "show", "STEP_ATTEMPT": "1", "COMMAND_ID": run, "OUTPUT_INSTANCE_ADDRESS": "10.0.0.7",
                "OUTPUT_SOME_THING": "1=2", "PATH": ThisProcess.variable("PATH") ?? "/usr/bin:/bin",
                "HOME": sandbox.path("home"), "LANG": "C", "TMPDIR": sandbox.path("home"), "SSH_AUTH_SOCK": "/s",
                "EXTRA": "given",
            ])
        let more = sandbox.lines("home/more")
        #expect(more.contains("OTHER=for one") && more.contains("EXTRA=given"))
        #expect(!more.contains { $0.hasPrefix("SECRET=") || $0.hasPrefix("LC_ALL=") })
        #expect(sandbox.read("home/cmd")?.hasPrefix("/bin/sh -eu -c ") == true)
    }

    @Test(
        "set outputs with lines in $OUTPUTS",
        arguments: [
            (script: "echo a=1 >> \"$OUTPUTS\"", name: "a", value: "1"),
            ("printf 'a=no newline' >> \"$OUTPUTS\"", "a", "no newline"),
            ("echo a=1 >> \"$OUTPUTS\"; echo a=2 >> \"$OUTPUTS\"", "a", "2"),
            ("echo 'a=b=c \"d\" $e' >> \"$OUTPUTS\"", "a", "b=c \"d\" $e"),
            ("echo a= >> \"$OUTPUTS\"", "a", ""),
            ("printf '\\n\\na=after empty lines\\n\\n' >> \"$OUTPUTS\"", "a", "after empty lines"),
            ("echo 'a=grüße ✓' >> \"$OUTPUTS\"", "a", "grüße ✓"),
            ("echo a=1 > \"$OUTPUTS\"", "a", "1"),
        ])
    func outputs(script: String, name: String, value: String) async throws {
        try sandbox.workflow(provision: [Step("one", script), .address])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 0)
        #expect(try sandbox.outputs()[name] == value)
        try sandbox.checkStored()
    }

    @Test(
        "set outputs that reach the store and the next step byte for byte",
        arguments: [
            (script: "printf 'x=\\342\\200\\215z\\n' >> \"$OUTPUTS\"", value: "\u{200D}z"),
            ("printf 'x=\\314\\201\\n' >> \"$OUTPUTS\"", "\u{301}"),
            ("printf 'x=e\\314\\201\\n' >> \"$OUTPUTS\"", "e\u{301}"),
            ("printf 'x=\\303\\251\\r\\n' >> \"$OUTPUTS\"", "\u{E9}"),
            ("printf 'x=\\357\\273\\277a\\n' >> \"$OUTPUTS\"", "\u{FEFF}a"),
            ("printf 'x=a\\tb\\rc\\033[1m\\177\\n' >> \"$OUTPUTS\"", "a\tb\rc\u{1B}[1m\u{7F}"),
            ("echo x=9007199254740993 >> \"$OUTPUTS\"", "9007199254740993"),
            ("echo x=1.10 >> \"$OUTPUTS\"", "1.10"), ("echo x=1e400 >> \"$OUTPUTS\"", "1e400"),
            ("printf 'x<<E\\none\\n\\ntwo\\n\\nE\\n' >> \"$OUTPUTS\"", "one\n\ntwo\n"),
            ("printf 'x<<E\\none\\r\\ntwo\\r\\nE\\n' >> \"$OUTPUTS\"", "one\r\ntwo"),
        ])
    func exactValues(script: String, value: String) async throws {
        try sandbox.workflow(provision: [
            Step("one", script), Step("two", "printf %s \"$OUTPUT_X\" > \"$HOME/value\""), .address,
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let stored = try #require(try sandbox.outputs()["x"])
        #expect(Array(stored.utf8) == Array(value.utf8))
        #expect(Array(try #require(sandbox.read("home/value")).utf8) == Array(value.utf8))
        try sandbox.checkStored()
    }

    @Test(
        "fail when an output cannot be stored, and name it; the other outputs are kept",
        arguments: [
            (script: "printf 'x=\\377\\n' >> \"$OUTPUTS\"", saying: "sets \"x\": its value is not text in UTF-8"),
            ("printf 'x<<E\\nnever ends\\n' >> \"$OUTPUTS\"", "begins a block of \"x\", and no line is \"E\""),
            ("printf 'x<<\\n' >> \"$OUTPUTS\"", "names no delimiter"),
            ("printf 'x-y<<E\\n1\\nE\\n' >> \"$OUTPUTS\"", "sets \"x-y\": a name is"),
            ("printf 'Good=2\\n' >> \"$OUTPUTS\"", "OUTPUT_GOOD"),
            (
                "n=0; while [ $n -lt 300 ]; do printf 'n%s=%01000d\\n' $n 0 >> \"$OUTPUTS\"; n=$((n + 1)); done",
                "was left out, since with it all outputs together have more than 262144 bytes"
            ),
        ])
    func keptInPart(script: String, saying: String) async throws {
        try sandbox.workflow(provision: [
            Step("one", "echo good=1 >> \"$OUTPUTS\"; \(script); echo instance_address=10.0.0.3 >> \"$OUTPUTS\"")
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains(saying), "\(outcome.lastWord)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "invalid_output")
        #expect(try sandbox.outputs()["good"] == "1")
        // The text after the start of a block without an end belongs to the block.
        if !script.contains("never") { #expect(try sandbox.outputs()["instance_address"] == "10.0.0.3") }
        try sandbox.checkStored()
    }

    @Test(
        "fail when the file of their outputs is missing at the end",
        arguments: ["rm \"$OUTPUTS\"", "rm -r \"$(dirname \"$OUTPUTS\")\"", "rm -r \"$DATA_DIR/my-env/logs\""])
    func removedOutputs(script: String) async throws {
        try sandbox.workflow(provision: [.address, Step("one", "echo x=1 >> \"$OUTPUTS\"; \(script)")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains("02-one.outputs was removed while the step ran"), "\(outcome.lastWord)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "outputs_removed")
        #expect(try sandbox.outputs()["instance_address"] != nil)
        try sandbox.workflow(provision: [.address, Step("one", "echo x=1 >> \"$OUTPUTS\"")])
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try sandbox.outputs()["x"] == "1")
    }

    @Test("show output as a terminal would finally show it, and log it unchanged")
    func printed() async throws {
        let bytes = "\\033[32mgreen\\033[0m\\r\\n10 %%\\r50 %%\\r100 %%\\r\\nlast\\r\\n"
        try sandbox.workflow(provision: [Step("talk", "printf '\(bytes)'; exit 1")])
        for options in [["--verbose"], []] {
            let outcome = try await sandbox.run(["my-env", "--workflow", "workflow.json"] + options)
            #expect(outcome.code == 1)
            let shown = ["green", "100 %", "last"]
            #expect(outcome.errorLines.suffix(4).dropLast() == shown.map { "  | \($0)" }[...], "\(outcome.errors)")
            if !options.isEmpty { for line in shown { #expect(outcome.errorLines.contains("     | \(line)")) } }
        }
        let trace = try await sandbox.shell("cat data/my-env/traces/*.txt")
        #expect(trace.contains("  green\n  100 %\n  last\n") && !trace.contains("\u{1B}"))
        let log = try await sandbox.shell("cat data/my-env/logs/*/01-talk.log | head -n 1")
        #expect(Array(log.utf8) == Array("\u{1B}[32mgreen\u{1B}[0m\r\n".utf8))
    }

    @Test("work in a data folder whose name begins with a combining character")
    func oddFolder() async throws {
        try sandbox.workflow(configure: [Step("look", "test -d \"$DATA_DIR/my-env\"")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--data-dir=\u{301}d/\u{200D}e")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(sandbox.exists("\u{301}d/\u{200D}e/my-env/state.json"))
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "fail when a line in their outputs is invalid",
        arguments: ["no equals sign", "=no name", "two words=1", "1a=digit first", "a-b=dash", "  a=blank first"])
    func invalidOutput(line: String) async throws {
        try sandbox.workflow(provision: [
            Step("one", "echo good=1 >> \"$OUTPUTS\"; echo '\(line)' >> \"$OUTPUTS\""), .address,
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains("step one") && outcome.lastWord.contains("line 2 of $OUTPUTS"))
        #expect(try sandbox.stateName() == "ProvisionFailed")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "invalid_output")
        #expect(try sandbox.outputs()["good"] == "1")
    }

    @Test(
        "of provisioning fail at the last step when the address is missing or invalid",
        arguments: [nil, "", "a b"])
    func missingAddress(address: String?) async throws {
        let script = address.map { "echo 'instance_address=\($0)' >> \"$OUTPUTS\"" } ?? ":"
        try sandbox.workflow(provision: [Step("first", script), Step("last", "true")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains("step last") && outcome.lastWord.contains("instance_address"))
        #expect(try sandbox.stateName() == "ProvisionFailed")
        #expect(try sandbox.body()["state"]["failure"]["failed_step"].text == "last")
        // A run with the repaired workflow resumes at that step.
        try sandbox.workflow(provision: [
            Step("first", script), Step("last", "echo instance_address=10.1.1.1 >> \"$OUTPUTS\""),
        ])
        #expect(try await sandbox.run("my-env").code == 0)
        try sandbox.checkStored()
    }

    @Test("that fail keep their outputs, and the failure is reported completely")
    func failure() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "fail",
                "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i; done; echo id=i-1 >> \"$OUTPUTS\"; exit 7"),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--json")
        #expect(outcome.code == 1)
        #expect(try sandbox.outputs() == ["instance_address": "127.0.0.1", "id": "i-1"])
        let failure = try sandbox.body()["state"]["failure"]
        #expect(failure["failed_step"].text == "fail" && failure["error_kind"].text == "exit_status")
        #expect(failure["summary"].text == "exited with status 7")
        #expect(failure["attempts"].integer == 1 && failure["duration_ms"].number != nil)
        let trace = try #require(failure["trace_file"].text)
        #expect(readText(trace)?.contains("exited with status 7") == true)
        // The last line contains the step, the reason, the trace and the next command.
        let last = outcome.lastWord
        #expect(last.contains("step fail") && last.contains("status 7") && last.contains(trace))
        #expect(last.hasSuffix("Next: example-provision my-env"))
        // The last 20 lines of the log are shown.
        #expect(!outcome.errors.contains("| line 10\n"))
        for number in 11...30 { #expect(outcome.errors.contains("| line \(number)\n")) }
        let error = try outcome.json()["error"]
        #expect(error["code"].integer == 1 && error["kind"].text == "step_failed" && error["step"].text == "fail")
        #expect(error["next"].text == "example-provision my-env")
        #expect(try sandbox.events().suffix(2) == ["provision:fail failed", "provision:provisioning>provision_failed"])
        try sandbox.checkStored()
    }

    @Test("have their own logs that only the owner can read")
    func logs() async throws {
        try sandbox.workflow(
            provision: [.address, Step("talk", "echo to output; echo to errors >&2")],
            configure: (1...10).map { Step("step_\($0)", "echo \($0)") })
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let history = try sandbox.history()
        let provision = try #require(history.first { $0["command"].text == "provision" }?["command_id"].text)
        let configure = try #require(history.first { $0["command"].text == "configure" }?["command_id"].text)
        #expect(sandbox.read("data/my-env/logs/\(provision)/02-talk.log") == "to output\nto errors\n")
        #expect(sandbox.read("data/my-env/logs/\(configure)/09-step_9.log") == "9\n")
        #expect(sandbox.read("data/my-env/logs/\(configure)/10-step_10.log") == "10\n")
        let modes = try await sandbox.shell("stat -c %a data/my-env/logs/*/*.log | sort -u")
        #expect(modes == "600\n")
    }

    @Test("are stopped after their timeout, and the run resumes there")
    func timeout() async throws {
        try sandbox.workflow(provision: [.address, Step("slow", "exec sleep 600", timeout: 0.2)])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains("step slow") && outcome.lastWord.contains("0.2 s"))
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "timeout")
        try sandbox.workflow(provision: [.address, Step("slow", "true")])
        #expect(try await sandbox.run("my-env").code == 0)
        try sandbox.checkStored()
    }

    @Test("are retried after growing pauses, and each attempt gets its number")
    func retries() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "flaky", "echo \"$STEP_ATTEMPT $(date +%s%3N)\" >> \"$HOME/attempts\"; test $STEP_ATTEMPT = 4",
                retries: 5,
                delay: 0.1),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 0)
        let attempts = sandbox.lines("home/attempts").map { $0.split(separator: " ").compactMap { Int($0) } }
        #expect(attempts.map { $0[0] } == [1, 2, 3, 4])
        for (index, pause) in [100, 200, 400].enumerated() {
            #expect(attempts[index + 1][1] - attempts[index][1] >= pause)
        }
        #expect(outcome.errors.contains("attempt 1 exited with status 1; again in 0.10 s"))
        let completed = try sandbox.read("data/my-env/state.json").map(JSON.init)
        #expect(completed != nil)
        try sandbox.checkStored()
    }

    @Test("that fail in every attempt report the number of attempts")
    func retriesInVain() async throws {
        try sandbox.workflow(provision: [
            .address, Step("flaky", "echo id_$STEP_ATTEMPT=1 >> \"$OUTPUTS\"; exit 3", retries: 2, delay: 0),
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 1)
        #expect(try sandbox.body()["state"]["failure"]["attempts"].integer == 3)
        #expect(try Set(sandbox.outputs().keys).isSuperset(of: ["id_1", "id_2", "id_3"]))
    }

    @Test("run with -e and -u", arguments: ["false; touch \"$HOME/after\"", "echo $NOT_SET; touch \"$HOME/after\""])
    func strictShell(script: String) async throws {
        try sandbox.workflow(provision: [.address, Step("strict", script)])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 1)
        #expect(!sandbox.exists("home/after"))
    }

    @Test("are started in the folder of their file, whatever the caller's")
    func folder() async throws {
        try await sandbox.shell("mkdir elsewhere project")
        try sandbox.workflow(
            provision: [.address, Step("where_am_i", "pwd -P > \"$HOME/where\"")], to: "project/w.json")
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "../project/w.json", folder: sandbox.path("elsewhere"))
        #expect(outcome.code == 0)
        #expect(sandbox.read("home/where") == sandbox.path("project") + "\n")
    }

    @Test("that end after a signal have the result of the signal")
    func signalled() async throws {
        try sandbox.workflow(provision: [.address, Step("dies", "kill -9 $$")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 1)
        #expect(outcome.lastWord.contains("signal 9"))
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "signal")
    }

    @Test("have an empty standard input")
    func input() async throws {
        try sandbox.workflow(provision: [.address, Step("read_it", "cat > \"$HOME/input\"")])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", shell: "echo words | \"$@\"")
        #expect(outcome.code == 0)
        #expect(sandbox.read("home/input") == "")
    }

    @Test("leave no descriptors behind, however many they are")
    func descriptors() async throws {
        let many = (1...98).map { Step("step_\($0)", ":") }
        try sandbox.workflow(
            provision: [.address] + many + [Step("count", "ls /proc/$PPID/fd | wc -l > \"$HOME/count\"")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let count = try #require(sandbox.number("home/count"))
        #expect(count < 40, "\(count) descriptors are open")
        #expect(try sandbox.history().count == 1 + 1 + 200 + 1 + 2)
        try sandbox.checkStored()
    }
}
