import Foundation
import Testing

/// Tests of the provider for OpenTofu with scripts instead of OpenTofu and `ssh`, which can run on any machine.
@Suite("The provider for OpenTofu, with replaced programs")
struct StandInToolTests {
    private let sandbox: Sandbox

    /// A script that keeps one resource in a state file in OpenTofu's format; with the file `home/refusal` an apply
    /// fails.
    private static let tofu = """
        #!/bin/sh
        event() { printf '{"@level":"info","@message":"%s","type":"%s",%s}\\n' "$1" "$2" "$3"; }
        state() {
            serial=$(( $(cat serial 2>/dev/null || echo 0) + 1 )); echo $serial > serial
            printf '{"version":4,"serial":%d,"lineage":"stand-in","outputs":{},"resources":%s}' $serial "$1" > terraform.tfstate
        }
        echo "$1" >> "$HOME/calls"
        case $1 in
        validate) echo '{"valid":true,"diagnostics":[]}' ;;
        plan)
            for word; do case $word in -out=*) : > "${word#-out=}" ;; esac; done
            event plan planned_change '"change":{"resource":{"addr":"stand_in.host"},"action":"create"}'
            event plan change_summary '"changes":{"add":1,"change":0,"remove":0,"operation":"plan"}'
            event plan outputs '"outputs":{"instance_address":{"action":"create","sensitive":false}}'
            ;;
        apply)
            event apply apply_start '"hook":{"resource":{"addr":"stand_in.host"},"action":"create"}'
            if [ -e "$HOME/refusal" ]; then
                event apply apply_errored '"hook":{"resource":{"addr":"stand_in.host"},"action":"create"}'
                event no diagnostic '"diagnostic":{"severity":"error","summary":"quota exceeded","detail":""}'
                state '[]'
                exit 1
            fi
            event apply apply_complete '"hook":{"resource":{"addr":"stand_in.host"},"action":"create"}'
            event apply change_summary '"changes":{"add":1,"change":0,"remove":0,"operation":"apply"}'
            state '[{"mode":"managed","type":"stand_in","name":"host","instances":[{}]}]'
            ;;
        output)
            printf '{"instance_address":{"value":"127.0.0.1","type":"string","sensitive":false},'
            printf '"hosts":{"value":{},"type":"map","sensitive":false}}\\n'
            ;;
        destroy) state '[]' ;;
        esac
        """

    init() throws {
        sandbox = try Sandbox()
        for folder in ["bin", "infrastructure"] {
            try FileManager.default.createDirectory(atPath: sandbox.path(folder), withIntermediateDirectories: true)
        }
        for (name, text) in [("tofu", Self.tofu), ("ssh", "#!/bin/sh\nexit 0\n")] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: try sandbox.write(text, to: "bin/\(name)"))
        }
        // The PATH contains only the programs that the scripts call.
        try FileManager.default.createSymbolicLink(atPath: sandbox.path("bin/cat"), withDestinationPath: "/bin/cat")
        try FileManager.default.createSymbolicLink(atPath: sandbox.path("bin/sh"), withDestinationPath: "/bin/sh")
        try sandbox.write("# one resource\n", to: "infrastructure/main.tf")
        try sandbox.write("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me\n", to: "home/key.pub")
        try sandbox.write("a private key\n", to: "home/key")
    }

    private func run(_ arguments: String...) async throws -> Outcome {
        try await sandbox.run(["my-env"] + arguments, variables: ["PATH": sandbox.path("bin")])
    }

    private func deploy(_ more: String...) async throws -> Outcome {
        let isNew = !sandbox.exists("data/my-env")
        return try await sandbox.run(
            ["my-env"] + (isNew ? ["--infrastructure", "infrastructure", "--ssh-key", "home/key"] : []) + more,
            variables: ["PATH": sandbox.path("bin")])
    }

    @Test("makes, changes, inspects and removes the resources that the tool reports")
    func whole() async throws {
        let first = try await deploy("--json")
        #expect(first.code == 0, "\(first)")
        #expect(try first.json()["instance_address"].text == "127.0.0.1")
        #expect(sandbox.lines("home/calls") == ["init", "validate", "plan", "apply", "output"])
        #expect(try await deploy().output.contains("nothing to do"))
        #expect(try await run("--validate").code == 0)

        try sandbox.write("# one resource, changed\n", to: "infrastructure/main.tf")
        let refused = try await deploy("--until", "provisioned")
        #expect(refused.code == 78 && refused.lastWord.contains("--from provision"), "\(refused)")
        try sandbox.write("", to: "home/calls")
        #expect(try await deploy("--from", "provision").code == 0)
        #expect(sandbox.lines("home/calls").filter { $0 == "apply" }.count == 1)

        #expect(try await run("--destroy").code == 0)
        #expect(try sandbox.stateName() == "Destroyed")
        #expect(sandbox.lines("home/calls").last == "destroy")
        #expect(!sandbox.exists("data/my-env/build"))
    }

    @Test("reports the tool's reason with a suggestion, and resumes with the same command")
    func refusal() async throws {
        try sandbox.write("", to: "home/refusal")
        let failed = try await deploy("--json")
        #expect(failed.code == 1)
        let error = try failed.json()["error"]
        #expect(error["step"].text == "opentofu_apply" && error["message"].text?.contains("quota exceeded") == true)
        #expect(error["suggested_actions"].elements?.last?["command"].text?.hasPrefix("cat ") == true)
        let stored = try sandbox.body()["state"]["failure"]["suggested_actions"].elements
        #expect(stored == error["suggested_actions"].elements)
        let status = try await run("--status")
        #expect(status.output.contains("  to do      Repair the cause that is named\n"), "\(status)")
        try await sandbox.shell("rm home/refusal")
        #expect(try await deploy().code == 0)
        #expect(try sandbox.stateName() == "Configured")
        #expect(try sandbox.body()["state"]["failure"] == .null)
    }

    @Test("is refused without the tool before anything is stored")
    func missing() async throws {
        try await sandbox.shell("rm bin/tofu")
        #expect(try await deploy().code == 69)
        #expect(!sandbox.exists("data/my-env/history.jsonl"))
    }
}
