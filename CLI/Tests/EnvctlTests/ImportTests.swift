import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Importing and moving")
struct ImportTests {
    private static let inputs = """
        "name": "prod", "instance_name": "torrust-vm-prod", "ssh_credentials": {"ssh_priv_key_path": "/keys/rsa",
        "ssh_pub_key_path": "/keys/rsa.pub", "ssh_username": "torrust"}, "ssh_port": 22
        """
    private static let failure = """
        {"context": {"failed_step": "OpenTofuApply", "error_kind": "InfrastructureProvisioning", "error_summary": "no room",
        "failed_at": "2025-10-06T10:00:00.123456789Z", "execution_started_at": "2025-10-06T09:59:00Z",
        "execution_duration": {"secs": 60, "nanos": 123000000}, "trace_id": "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
        "trace_file_path": "/data/prod/traces/t.log"}}
        """

    /// The file in the older shape.
    private static func older(_ state: String, ip: Bool = true, payload: String = "null") -> String {
        """
        {"\(state)": {"context": {"user_inputs": {\(inputs), "profile_name": "torrust-profile"},
        "internal_config": {"build_dir": "build/prod", "data_dir": "data/prod"},
        "runtime_outputs": {"instance_ip": \(ip ? "\"10.1.2.3\"" : "null")}}, "state": \(payload)}}
        """
    }

    /// The file in the newer shape, with secrets in it.
    private static func newer(_ state: String, payload: String = "null") -> String {
        """
        {"\(state)": {"context": {"created_at": "2025-10-06T09:00:00.5Z", "user_inputs": {\(inputs),
        "provider_config": {"provider": "hetzner", "api_token": "hunter2", "server_type": "cx22"},
        "tracker": {"http_api": {"admin_token": "hunter3"}}, "prometheus": {"scrape_interval": 15}},
        "internal_config": {"build_dir": "/build/prod", "data_dir": "/data/prod"},
        "runtime_outputs": {"instance_ip": "10.1.2.3", "provision_method": "registered"}}, "state": \(payload)}}
        """
    }

    @Test(
        "An environment.json of each state is imported into its state here",
        arguments: [
            ("Created", false, "created"), ("Provisioning", false, "provisioning"),
            ("Provisioned", true, "provisioned"),
            ("Configuring", true, "configuring"), ("Configured", true, "configured"), ("Releasing", true, "releasing"),
            ("Released", true, "released"), ("Running", true, "running"), ("Destroyed", true, "destroyed"),
            ("Destroying", true, "provisioned"), ("Destroying", false, "created"),
        ])
    func states(theirs: String, hasAddress: Bool, ours: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.older(theirs, ip: hasAddress), to: "environment.json")
        let imported = try await sandbox.succeed("import", "environment.json", "--provider", "local", "--json").json()
        #expect(imported["state"]?.string == ours)
        let shown = try await sandbox.succeed("show", "prod", "--json").json()
        #expect(shown["state"]?.string == ours)
        #expect((shown["destruction"] != nil) == (theirs == "Destroying"))
        #expect(shown["ssh_credentials"]?["ssh_username"]?.string == "torrust")
        #expect(shown["instance_name"]?.string == "torrust-vm-prod")
        #expect(shown["outputs"]?["original_profile"]?.string == "torrust-profile")
        #expect(try await sandbox.run("doctor", "prod").code == 0)
    }

    @Test(
        "A failure keeps its step, kind, summary, times and trace",
        arguments: ["ProvisionFailed", "ConfigureFailed", "ReleaseFailed", "RunFailed", "DestroyFailed"])
    func failures(state: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.older(state, payload: Self.failure), to: "environment.json")
        try await sandbox.succeed("import", "environment.json", "--provider", "local")
        let failure = try await sandbox.succeed("show", "prod", "--json").json()["failure"]
        #expect(failure?["failed_step"]?.string == "open_tofu_apply")
        #expect(failure?["error_kind"]?.string == "infrastructure_provisioning")
        #expect(failure?["summary"]?.string == "no room")
        #expect(failure?["failed_at"]?.string == "2025-10-06T10:00:00.123Z")
        #expect(failure?["duration_ms"]?.integer == 60_123)
        #expect(failure?["trace_id"]?.string == "0a1b2c3d0a1b0a1b0a1b0a1b2c3d4e5f")
        #expect(failure?["trace_file"]?.string == "/data/prod/traces/t.log")
        // The file stayed where it was, and what it was about is told all the same.
        let trace = try await sandbox.succeed("trace", "prod").output
        #expect(trace.contains("open_tofu_apply failed at 2025-10-06T10:00:00.123Z: no room"))
    }

    @Test("The newer shape keeps its time and provider, and no secret of it is stored or printed")
    func newerShape() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.newer("Provisioned"), to: "environment.json")
        let outcome = try await sandbox.succeed("import", "environment.json", "--provider", "local")
        #expect(outcome.output.contains("context.created_at -> created_at"))
        #expect(outcome.output.contains("left out") && outcome.output.contains("provider_config.api_token"))
        let shown = try await sandbox.succeed("show", "prod", "--json").json()
        #expect(shown["created_at"]?.string == "2025-10-06T09:00:00.500Z")
        #expect(shown["outputs"]?["original_provider"]?.string == "hetzner")
        #expect(shown["outputs"]?["original_provision_method"]?.string == "registered")
        let everything = try await sandbox.shell("cat data/prod/*.json*")
        #expect(!(everything + outcome.output + outcome.errors).contains("hunter"))
    }

    @Test("An imported environment is resumed with the steps that were chosen for it")
    func resumes() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow([
            "configure": ["echo $OUTPUT_INSTANCE_ADDRESS $OUTPUT_ORIGINAL_BUILD_DIR > '\(sandbox.path("seen"))'"]
        ])
        try sandbox.write(Self.older("Configuring"), to: "environment.json")
        try await sandbox.succeed("import", "environment.json", "--workflow", "workflow.json")
        try await sandbox.succeed("resume", "prod")
        #expect(try await sandbox.state("prod") == "configured")
        #expect(sandbox.read("seen") == "10.1.2.3 build/prod\n")
    }

    @Test("A destroy that was under way there is finished here")
    func finishesDestroy() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(["destroy": ["touch '\(sandbox.path("gone"))'"]])
        try sandbox.write(Self.older("DestroyFailed", payload: Self.failure), to: "environment.json")
        try await sandbox.succeed("import", "environment.json", "--workflow", "workflow.json")
        #expect(try await sandbox.run("configure", "prod").code == 78)
        try await sandbox.succeed("destroy", "prod", "--yes")
        #expect(sandbox.exists("gone"))
        #expect(try await sandbox.state("prod") == "destroyed")
    }

    @Test("Nothing is overwritten, and what cannot be imported changes nothing")
    func refusals() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.older("Provisioned"), to: "environment.json")
        try sandbox.write(Self.older("Provisioned", ip: false), to: "no-address.json")
        try sandbox.write(Self.older("Melted"), to: "melted.json")
        try sandbox.write(Self.older("ProvisionFailed"), to: "no-failure.json")
        try sandbox.write(Self.older("Created").replacing("\"prod\"", with: "\"Bad Name\""), to: "bad-name.json")
        try sandbox.write("{\"export_version\": 99}", to: "newer.json")
        try sandbox.write("[]", to: "array.json")
        try sandbox.write("no JSON", to: "text.json")
        for (file, reason) in [
            ("no-address.json", "--address"), ("melted.json", "Melted is not one of its states"),
            ("no-failure.json", "no context"), ("bad-name.json", "Bad Name"), ("newer.json", "knows up to 1"),
            ("array.json", "neither an export nor"), ("text.json", "not JSON"), ("absent.json", "absent.json"),
        ] {
            let outcome = try await sandbox.run("import", file, "--provider", "local")
            #expect(outcome.code == 64 && outcome.lastWord.contains(reason), "\(file): \(outcome)")
        }
        #expect(try await sandbox.run("import", "environment.json").lastWord.contains("--workflow FILE"))
        #expect(!sandbox.exists("data/prod/state.json"))
        try await sandbox.succeed("import", "no-address.json", "--provider", "local", "--address", "10.9.9.9")
        let again = try await sandbox.run("import", "environment.json", "--provider", "local")
        #expect(again.code == 78 && again.lastWord.contains("never overwrites"))
        #expect(try await sandbox.succeed("show", "prod", "--json").json()["instance_address"]?.string == "10.9.9.9")
    }

    @Test(
        "A number that is in the way of nothing keeps no file from being imported, and every digit of one that is taken stays",
        arguments: ["9007199254740993", "1.10", "1e400", "-0", "123456789012345678901234567890"])
    func numbers(number: String) async throws {
        let sandbox = try Sandbox()
        let file = Self.older("Configured").replacing("\"torrust-profile\"", with: number)
            .replacing("\"build_dir\"", with: "\"other\": \(number), \"build_dir\"")
        try sandbox.write(file, to: "environment.json")
        try await sandbox.succeed("import", "environment.json", "--provider", "local")
        let shown = try await sandbox.succeed("show", "prod", "--json").json()
        #expect(shown["outputs"]?["original_profile"]?.string == number)
        #expect(try JSONValue(parsing: Array("[\(number)]".utf8)).jsonText() == "[\(number)]")
    }

    @Test(
        "A file that is not JSON is refused with the place and the reason",
        arguments: [
            ("{\n \"a\": 1,\n}", "line 3, column 1: \"}\" cannot be here"),
            ("{", "line 1, column 2: it ends in the middle"),
            ("{\"a\": 1, \"a\": 2}", "the key \"a\" appears twice"),
            (String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000), "more than 512 arrays"),
        ])
    func notJSON(text: String, reason: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(text, to: "environment.json")
        let outcome = try await sandbox.run("import", "environment.json", "--provider", "local")
        #expect(outcome.code == 64 && outcome.lastWord.contains(reason), "\(outcome)")
        #expect(!sandbox.exists("data"))
    }

    @Test("Outputs go through an export and an import byte for byte")
    func exactOutputs() async throws {
        let sandbox = try Sandbox()
        let values = [
            "a": "e\u{301}", "b": "\u{E9}\r\n\u{200D}", "c": "9007199254740993", "d": "1.10", "e": "1e400",
            "f": "\u{FEFF}\u{7F}\u{1B}[1m",
        ]
        let script = values.map { "printf '%s\\n' '\($0.key)<<END' '\($0.value)' END >> \"$OUTPUTS\"" }.sorted().joined(
            separator: "; ")
        try sandbox.workflow(["configure": [script]])
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json")
        try await sandbox.shell("\"$PROGRAM\" export web > web.json")
        try await sandbox.succeed("import", "web.json", "--data-dir", "elsewhere")
        for folder in ["data", "elsewhere"] {
            let shown = try await sandbox.succeed("show", "web", "--json", "--data-dir", folder).json()
            for (name, value) in values {
                #expect(
                    shown["outputs"]?[name]?.string.map { Array($0.utf8) } == Array(value.utf8), "\(folder) \(name)")
            }
        }
    }

    @Test("An export is imported elsewhere with its lineage, serial and history")
    func export() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let exported = try await sandbox.succeed("export", "web").output
        try sandbox.write(exported, to: "web.json")
        try await sandbox.succeed("import", "web.json", "--data-dir", "other")
        #expect(sandbox.read("data/web/state.json") == sandbox.read("other/web/state.json"))
        // Beside its lines a log has room for the next.
        func lines(_ folder: String) -> [String] {
            ["history.jsonl.1", "history.jsonl"].flatMap { sandbox.lines("\(folder)/web/\($0)") }
                .filter { $0.hasPrefix("{") }
        }
        #expect(lines("data") == lines("other") && lines("data").count == 15)
        #expect(try await sandbox.succeed("export", "web", "--data-dir", "other").output == exported)
        #expect(try await sandbox.run("import", "web.json", "--data-dir", "other").code == 78)
        #expect(try await sandbox.succeed("doctor", "web", "--data-dir", "other").output.contains("key") == false)
    }

    @Test("An export ends with the save that it shows, and an import whose history does not is refused")
    func exportInBetween() async throws { try await Self.tryHistoryThatGoesOn(Sandbox()) }

    static func tryHistoryThatGoesOn(_ sandbox: Sandbox) async throws {
        try await sandbox.succeed("create", "web")
        let before = try await sandbox.succeed("export", "web", "--json").json().decoded(as: ExportedEnvironment.self)
        try await sandbox.succeed("provision", "web", "--create")
        let after = try await sandbox.succeed("export", "web", "--json").json().decoded(as: ExportedEnvironment.self)
        #expect(after.history.count > before.history.count)
        // As when the command saved between the two looks of the export.
        #expect(ExportedEnvironment(before.stored, history: after.history, earlier: []).history == before.history)
        for name in ["destroy", "purge"] { try await sandbox.succeed(name, "web", "--yes") }
        var export = try #require(try JSONValue(encoding: before).object)
        export["history"] = try JSONValue(encoding: after.history)
        try sandbox.write(
            JSONValue.object(export).jsonText(), to: "web.json")
        let refused = try await sandbox.run("import", "web.json")
        #expect(refused.code != 0 && refused.lastWord.contains("does not lead up to its state"), "\(refused)")
        #expect(try await sandbox.run("show", "web").code == 66)
        export["history"] = try JSONValue(encoding: before.history)
        try sandbox.write(
            JSONValue.object(export).jsonText(), to: "web.json")
        try await sandbox.succeed("import", "web.json")
        try await sandbox.succeed("freeze", "web", "--reason", "it can be saved")
    }

    @Test("Environments move to another store with all that is theirs, and what was left behind is frozen")
    func migrate() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.failed("failed")
        try await sandbox.succeed("freeze", "failed", "--reason", "evidence")
        let moved = try await sandbox.succeed("migrate-store", "--to", "other").output
        #expect(moved.contains("web: moved") && moved.contains("failed: moved"))
        let old = try await sandbox.run("release", "web")
        #expect(old.code == 78 && old.lastWord.contains("moved to \(sandbox.path("other"))"))
        try await sandbox.succeed("release", "web", "--data-dir", "other")
        let shown = try await sandbox.succeed("show", "web", "--data-dir", "other", "--json").json()
        #expect(
            shown["ssh_credentials"]?["ssh_priv_key_path"]?.string == sandbox.path("other/web/keys/id_ed25519"))
        #expect(
            try await sandbox.succeed("doctor", "--all", "--data-dir", "other").output.contains("web: nothing is wrong")
        )
        let history = try await sandbox.succeed("history", "web", "--data-dir", "other").output
        #expect(history.contains("nothing -> created") && history.contains("moved from \(sandbox.path("data"))"))
        // What somebody froze stays frozen, and its trace came along.
        let failed = try await sandbox.succeed("show", "failed", "--data-dir", "other", "--json").json()
        #expect(failed["freeze"]?["reason"]?.string == "evidence")
        #expect(failed["failure"]?["trace_file"]?.string?.hasPrefix(sandbox.path("other/failed/traces/")) == true)
        #expect(try await sandbox.succeed("trace", "failed", "--data-dir", "other").output.contains("looking for go"))
        let open = try await sandbox.shell("find other ! -type l -perm /077 -printf '%p\\n'")
        #expect(open == "", "\(open)")
    }

    @Test("A folder of somebody else's in the way keeps an environment from being moved, and stays as it is")
    func migrateToForeignFolder() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("mkdir -p other/web; echo mine > other/web/notes")
        let before = try await sandbox.listing("other/web")
        let refused = try await sandbox.run("migrate-store", "--to", "other")
        #expect(refused.code == 74 && refused.output.contains("web: not moved: "), "\(refused)")
        #expect(refused.output.contains("is no environment's folder: it holds notes."), "\(refused)")
        #expect(try await sandbox.listing("other/web") == before)
        try await sandbox.succeed("release", "web")
    }

    @Test("What was left behind is frozen for good, and what was moved has the freeze that somebody put on it")
    func migrateFrozen() async throws {
        let sandbox = try Sandbox()
        for name in ["api", "web"] {
            try await sandbox.succeed("create", name)
            try await sandbox.succeed("freeze", name, "--reason", "evidence", "--until", "2h")
        }
        // As a move left it that was killed before anything arrived.
        let mark = "moved to \(sandbox.path("other"))"
        try await sandbox.succeed("freeze", "web", "--reason", mark)
        try await sandbox.succeed("migrate-store", "--to", "other")
        for name in ["api", "web"] {
            let behind = try await sandbox.succeed("show", name, "--json").json()["freeze"]
            #expect(behind?["reason"]?.string == mark && behind?["until"] == nil, "\(name): \(behind as Any)")
            let moved = try await sandbox.succeed("show", name, "--data-dir", "other", "--json").json()["freeze"]
            #expect(moved?["reason"]?.string == "evidence" && moved?["until"] != nil, "\(name): \(moved as Any)")
        }
    }

    @Test("What was left behind long ago is not taken for what was moved")
    func migrateBack() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.succeed("migrate-store", "--to", "other")
        try await sandbox.succeed("release", "web", "--data-dir", "other")
        #expect(try await sandbox.succeed("migrate-store", "--to", "other").output.contains("web: moved already"))
        try await sandbox.succeed("freeze", "web", "--reason", "moving back", "--data-dir", "other")
        let back = try await sandbox.run("migrate-store", "--data-dir", "other", "--to", "data")
        #expect(back.code == 74 && back.output.contains("an older state of it is in"), "\(back)")
        let reason = try await sandbox.succeed("show", "web", "--data-dir", "other", "--json").json()["freeze"]?[
            "reason"]
        #expect(reason?.string == "moving back")
        try await sandbox.shell("mv data/web web-before")
        let moved = try await sandbox.succeed("migrate-store", "--data-dir", "other", "--to", "data")
        #expect(moved.output.hasPrefix("web: moved (serial"), "\(moved)")
    }

    @Test("A move that is interrupted ends with 130, and nothing is left frozen or copied")
    func migrateInterrupted() async throws { try await Self.interruptMove(Sandbox()) }

    /// Interrupts a move out of a sandbox while it waits for the lock of its target.
    static func interruptMove(_ sandbox: Sandbox) async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.succeed("freeze", "web", "--reason", "evidence")
        try await sandbox.shell("mkdir -p -m 700 other/web")
        let holder = try sandbox.start([], shell: "exec flock other/web/state.json.lock sleep 600")
        try await wait(for: "the lock") { sandbox.exists("other/web/state.json.lock") }
        let move = try sandbox.start(["migrate-store", "--to", "other", "--lock-timeout", "600"])
        try await wait(for: "the wait for the lock") { move.errors.contains("waiting for a lock") }
        move.signal(SIGINT)
        #expect(try await move.end().code == 130)
        holder.signal(SIGKILL)
        let freeze = try await sandbox.succeed("show", "web", "--json").json()["freeze"]
        #expect(freeze?["reason"]?.string == "evidence", "\(freeze as Any)")
        #expect(!sandbox.exists("other/web/keys") && !sandbox.exists("other/web/state.json"))
    }

    @Test("What cannot be moved stays as it was, and the others are moved")
    func migrateRefusals() async throws {
        let sandbox = try Sandbox()
        try await sandbox.damaged()
        try await sandbox.succeed("create", "fine")
        try await sandbox.succeed("create", "twice")
        try await sandbox.succeed("create", "twice", "--data-dir", "other")
        try await sandbox.succeed("deploy", "busy", "--create", "--until", "running")
        let outcome = try await sandbox.run("migrate-store", "--to", "other")
        #expect(outcome.code == 74)
        for (name, word) in [
            ("damaged", "not moved"), ("twice", "one of that name"), ("busy", "its service runs"),
            ("fine", "moved (serial 3)"),
        ] {
            #expect(outcome.lines.contains { $0.hasPrefix("\(name): ") && $0.contains(word) }, "\(name): \(outcome)")
        }
        #expect(try await sandbox.succeed("show", "twice", "--json").json()["freeze"] == nil)
        #expect(try await sandbox.run("migrate-store", "--to", "data").code == 64)
        try await sandbox.succeed("destroy", "busy", "--yes")
    }
}
