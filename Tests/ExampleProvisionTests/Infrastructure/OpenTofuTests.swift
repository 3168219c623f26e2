import Foundation
import OperatingSystem
import Testing

@Suite("Infrastructure from a user's own folder", .enabled(if: Terraform.isThere, Terraform.reason))
struct OpenTofuTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static let two = """
        variable "environment_name" { type = string }
        variable "ssh_public_key" { type = string }
        resource "terraform_data" "app" { input = var.environment_name }
        resource "terraform_data" "web" {
          input = var.ssh_public_key
          provisioner "local-exec" { command = "echo made >> \\"$HOME/made\\"" }
        }
        """ + Terraform.noHosts

    @Test("is made step by step, stored, and removed completely")
    func whole() async throws {
        let folder = try sandbox.infrastructure(Self.two)
        let made = try await sandbox.run(
            "my-env", "--provider", "opentofu", "--infrastructure", "infra", "--until", "running")
        #expect(made.code == 0, "\(made)")
        #expect(made.errors.contains(#/[12] of 2  terraform_data.web: created/#))
        let steps = try sandbox.events().filter { $0.hasPrefix("provision:") && $0.hasSuffix(" completed") }
        #expect(
            steps.map { $0.dropFirst("provision:".count).dropLast(" completed".count) } == [
                "render_infrastructure", "opentofu_init", "opentofu_validate", "opentofu_plan", "opentofu_apply",
                "get_instance_info", "render_configuration", "wait_ssh_connectivity", "wait_cloud_init",
            ])
        #expect(try sandbox.outputs()["instance_address"] == "127.0.0.1")
        #expect(try sandbox.resources() == ["terraform_data.app", "terraform_data.web"])
        #expect(try await sandbox.openToOthers("data/my-env/build").isEmpty)
        #expect(try sandbox.body()["provider"]["kind"].text == "opentofu")
        #expect(try sandbox.body()["provider"]["source"].text == folder)
        let key = try #require(sandbox.read("data/my-env/keys/id_ed25519.pub"))
        #expect(sandbox.read(sandbox.toolState)?.contains(key.split(separator: " ")[1]) == true)
        try sandbox.checkStored()

        let again = try await sandbox.run("my-env", "--until", "running", "--json")
        #expect(try again.json()["changed"].truth == false)
        #expect(FileManager.default.contents(atPath: "\(folder)/terraform.tfstate") == nil)

        let removed = try await sandbox.run("my-env", "--destroy")
        #expect(removed.code == 0, "\(removed)")
        #expect(!sandbox.exists("data/my-env/build") && !sandbox.exists("data/my-env/keys"))
        #expect(sandbox.lines("home/made").count == 1)
        try sandbox.checkStored()
    }

    @Test("that is invalid fails with the tool's reason and place, and is resumed after a repair")
    func invalid() async throws {
        try sandbox.infrastructure("resource \"terraform_data\" \"a\" {\n  inputt = 1\n}" + Terraform.noHosts)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra", "--json")
        let error = try failed.json()["error"]
        #expect(failed.code == 1 && error["step"].text == "opentofu_validate")
        #expect(error["message"].text?.contains("Unsupported argument (main.tf:2)") == true, "\(failed)")
        #expect(error["trace_file"].text.map { FileManager.default.fileExists(atPath: $0) } == true)
        #expect(failed.lastWord.hasSuffix("Next: example-provision my-env"))
        let failure = try sandbox.body()["state"]["failure"]
        #expect(failure["error_kind"].text == "invalid_configuration")

        try sandbox.infrastructure("resource \"terraform_data\" \"a\" {\n  input = 1\n}" + Terraform.noHosts)
        let repaired = try await sandbox.run("my-env")
        #expect(repaired.code == 0 && repaired.errors.contains("2 of 9 steps are done already"), "\(repaired)")
        #expect(try sandbox.stateName() == "Configured")
    }

    @Test(
        "that the tool cannot parse fails in its first step with the place",
        arguments: [
            ("resource \"terraform_data\" {", "main.tf:1", "invalid_configuration"),
            ("resource \"nobody_thing\" \"a\" {}", "nobody", "init_failed"),
        ])
    func unreadable(text: String, saying: String, kind: String) async throws {
        try sandbox.infrastructure(text)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1 && failed.lastWord.contains(saying), "\(failed)")
        #expect(try sandbox.body()["state"]["failure"]["failed_step"].text == "opentofu_init")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == kind)
    }

    @Test("with a variable without a value is refused by the plan")
    func refusedPlan() async throws {
        try sandbox.infrastructure("variable \"needed\" {}" + Terraform.noHosts)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(
            failed.code == 1
                && failed.lastWord.contains(
                    "No value for required variable (main.tf:1): The root module input variable \"needed\" is not set"),
            "\(failed)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "plan_refused")
        let repaired = try await sandbox.run("my-env", variables: ["TF_VAR_needed": "x"])
        #expect(repaired.code == 0, "\(repaired)")
    }

    @Test("with a failing resource names it, and a retry plans again and makes the rest")
    func failingResource() async throws {
        func text(_ command: String) -> String {
            """
            resource "terraform_data" "first" {
              provisioner "local-exec" { command = "echo first >> \\"$HOME/made\\"" }
            }
            resource "terraform_data" "second" {
              depends_on = [terraform_data.first]
              provisioner "local-exec" { command = "\(command)" }
            }
            """ + Terraform.noHosts
        }
        try sandbox.infrastructure(text("echo no such disk; exit 3"))
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1, "\(failed)")
        #expect(failed.lastWord.contains("apply at terraform_data.second: local-exec provisioner error"))
        #expect(failed.errors.contains("no such disk") && failed.errors.contains("1 of 2 were done"))
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "apply_failed")
        try sandbox.infrastructure(text("true"))
        let repaired = try await sandbox.run("my-env")
        #expect(repaired.code == 0 && repaired.errors.contains("4 of 9 steps are done already"), "\(repaired)")
        #expect(sandbox.lines("home/made") == ["first"])
        #expect(try sandbox.resources() == ["terraform_data.first", "terraform_data.second"])
    }

    @Test("whose address has no value fails when it is read, because the plan does not show it")
    func noAddress() async throws {
        try sandbox.infrastructure("output \"instance_address\" { value = null }")
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1 && failed.lastWord.contains("no output instance_address"), "\(failed)")
        #expect(try sandbox.body()["state"]["failure"]["failed_step"].text == "get_instance_info")
    }

    @Test("needs a tool, and names its download address")
    func toolMissing() async throws {
        try sandbox.infrastructure(Self.two)
        let named = try await sandbox.run("my-env", "--infrastructure", "infra", "--tofu", "/nowhere/tofu", "--json")
        #expect(named.code == 69)
        let error = try named.json()["error"]
        #expect(error["kind"].text == "tool_missing" && error["step"].text == "opentofu_init")
        #expect(error["message"].text?.contains("https://opentofu.org") == true)
        #expect(error["next"].text == nil && !sandbox.exists("data/my-env/state.json"))
        try await sandbox.shell("mkdir bin && ln -s /bin/sh $(command -v ssh-keygen) bin/")
        let none = try await sandbox.run(
            "my-env", "--infrastructure", "infra", variables: ["PATH": sandbox.path("bin")])
        #expect(none.code == 69 && none.lastWord.contains("neither tofu nor terraform"), "\(none)")
        let found = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(found.code == 0, "\(found)")
        #expect(try sandbox.outputs()["infrastructure_tool"] == Terraform.path)
    }

    @Test(
        "is not started or stored without the programs of its later steps",
        arguments: [
            (missing: "ssh-keygen", step: "render_infrastructure"), ("ssh", "wait_ssh_connectivity"),
            ("ansible-playbook", "base"),
        ])
    func laterProgramMissing(missing: String, step: String) async throws {
        try sandbox.infrastructure(Self.two, ["playbooks/configure/10-base.yml": "[]"])
        // It is sufficient that the programs exist, because none of them is started.
        try await sandbox.shell(
            "mkdir bin; ln -s /bin/sh '\(Terraform.path ?? "")' bin/; for p in ssh ssh-keygen ansible-playbook; do "
                + "ln -s /bin/false bin/$p; done; rm bin/\(missing)")
        for options in [["--dry-run"], []] {
            let refused = try await sandbox.run(
                ["my-env", "--infrastructure", "infra", "--json"] + options, variables: ["PATH": sandbox.path("bin")])
            #expect(refused.code == 69, "\(refused)")
            let error = try refused.json()["error"]
            #expect(error["kind"].text == "tool_missing" && error["step"].text == step)
            #expect(error["message"].text?.contains(missing) == true && error["next"].text == nil)
            #expect(!sandbox.exists("data/my-env/state.json") && sandbox.lines("home/made").isEmpty)
        }
    }

    @Test("that is already stored is not resumed without the programs of its later steps")
    func programMissingLater() async throws {
        try sandbox.infrastructure(Self.two, ["playbooks/configure/10-base.yml": "[]"])
        try await sandbox.shell(
            "mkdir bin; ln -s /bin/sh '\(Terraform.path ?? "")' bin/; for p in ssh ssh-keygen ansible-playbook; do "
                + "ln -s $(command -v $p || echo /bin/false) bin/$p; done")
        let path = ["PATH": sandbox.path("bin")]
        let provisioned = try await sandbox.run(
            "my-env", "--infrastructure", "infra", "--until", "provisioned", variables: path)
        #expect(provisioned.code == 0, "\(provisioned)")
        try await sandbox.shell("rm bin/ansible-playbook")
        let before = sandbox.read("data/my-env/history.jsonl")
        for options in [["--dry-run"], []] {
            let refused = try await sandbox.run(["my-env"] + options, variables: path)
            #expect(refused.code == 69 && refused.lastWord.contains("ansible-playbook"), "\(refused)")
        }
        #expect(sandbox.read("data/my-env/history.jsonl") == before)
    }

    @Test("is destroyed only with the tool that made it, which is checked before a playbook runs")
    func toolMissingForDestroy() async throws {
        try sandbox.infrastructure(Self.two)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        let before = try await sandbox.listing("data/my-env/history.jsonl")
        for options in [["--dry-run"], []] {
            let refused = try await sandbox.run(["my-env", "--destroy", "--tofu", "/nowhere/tofu"] + options)
            #expect(refused.code == 69 && refused.lastWord.contains("/nowhere/tofu is not there"), "\(refused)")
        }
        #expect(try await sandbox.listing("data/my-env/history.jsonl") == before)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }

    @Test(
        "whose outputs the next steps cannot use is refused by its plan",
        arguments: [("tag", "TAG"), ("a-b", "a_b"), ("instance-address", "instance_address")])
    func collidingOutputs(one: String, other: String) async throws {
        let outputs = Set([one, other]).subtracting(["instance_address"]).map {
            "output \"\($0)\" { value = \"x\" }\n"
        }
        try sandbox.infrastructure(Self.two + "\n" + outputs.joined())
        let refused = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(refused.code == 1 && refused.lastWord.contains("differ only in case or in dashes"), "\(refused)")
        #expect(try sandbox.body()["state"]["failure"]["failed_step"].text == "opentofu_plan")
        #expect(sandbox.lines("home/made").isEmpty)
        try sandbox.infrastructure(Self.two)
        #expect(try await sandbox.run("my-env").code == 0)
    }

    @Test(
        "whose outputs name no hosts is refused by its plan",
        arguments: [
            ("", "missing_output", "there is no output instance_address"),
            (
                Self.sensitive("instance_address", "\"192.0.2.1\""), "invalid_output",
                "instance_address is marked as sensitive"
            ),
            (Self.sensitive("instance_ip", "\"192.0.2.1\""), "invalid_output", "instance_ip is marked as sensitive"),
            (Self.sensitive("hosts", "{}"), "invalid_output", "hosts is marked as sensitive"),
        ])
    func unusableAddress(outputs: String, kind: String, words: String) async throws {
        let resources = String(Self.two.dropLast(Terraform.noHosts.count))
        try sandbox.infrastructure(resources + "\n" + outputs)
        let refused = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(refused.code == 1 && refused.lastWord.contains(words), "\(refused)")
        let failure = try sandbox.body()["state"]["failure"]
        #expect(failure["failed_step"].text == "opentofu_plan" && failure["error_kind"].text == kind)
        #expect(sandbox.lines("home/made").isEmpty)
        try sandbox.infrastructure(Self.two)
        #expect(try await sandbox.run("my-env").code == 0)
    }

    private static func sensitive(_ name: String, _ value: String) -> String {
        "output \"\(name)\" {\n  value = \(value)\n  sensitive = true\n}"
    }

    @Test("reports once that the file of TF_CLI_CONFIG_FILE is not used")
    func configurationMissing() async throws {
        try sandbox.infrastructure(Self.two)
        let outcome = try await sandbox.run(
            "my-env", "--infrastructure", "infra", variables: ["TF_CLI_CONFIG_FILE": "/nowhere/rc"])
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errorLines.count { $0.contains("TF_CLI_CONFIG_FILE") } == 1, "\(outcome)")
    }

    @Test(
        "is not started with an unusable command line or folder",
        arguments: [
            Invocation(["--infrastructure", "nowhere"], 64, "No such file or directory"),
            Invocation(["--infrastructure", "home"], 64, "ends in .tf"),
            Invocation(["--provider", "opentofu"], 64, "--infrastructure DIR"),
            Invocation(["--tofu", "tofu"], 64, "--infrastructure DIR"),
            Invocation(["--provider", "local", "--infrastructure", "infra"], 64, "need --provider opentofu"),
            Invocation(["--workflow", "w.json", "--infrastructure", "infra"], 64, "exclude each other"),
            Invocation(["--infrastructure", "infra", "--playbooks"], 64, "needs --validate"),
            Invocation(["--infrastructure", "bad"], 64, "10-Bad.yml"),
        ])
    func usage(invocation: Invocation) async throws {
        try sandbox.infrastructure(Self.two)
        try sandbox.infrastructure(Self.two, ["playbooks/configure/10-Bad.yml": ""], to: "bad")
        let outcome = try await sandbox.run(["my-env"] + invocation.arguments)
        #expect(outcome.code == invocation.code && outcome.lastWord.contains(invocation.saying), "\(outcome)")
        #expect(!sandbox.exists("data/my-env"))
    }

    @Test("whose folder is missing is reported with its copy, and is destroyed after it was restored")
    func folderGone() async throws {
        try sandbox.infrastructure(Self.two)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        try FileManager.default.moveItem(atPath: sandbox.path("infra"), toPath: sandbox.path("moved"))
        let refused = try await sandbox.run("my-env", "--destroy")
        #expect(refused.code == 64 && refused.lastWord.contains("build/infrastructure"), "\(refused)")
        let removed = try await sandbox.run("my-env", "--destroy", "--infrastructure", "moved")
        #expect(removed.code == 0, "\(removed)")
    }

    @Test("is changed by one command at a time")
    func twoAtOnce() async throws {
        try sandbox.infrastructure(Terraform.waiting(2))
        let first = try sandbox.start(["my-env", "--infrastructure", "infra"])
        try await wait(for: "the apply") { first.errors.contains("terraform_data.host[1]: creating") }
        let second = try await sandbox.run("my-env", "--infrastructure", "infra", "--lock-timeout", "0")
        #expect(second.code == 75)
        try sandbox.continueTool()
        #expect(await first.end().code == 0)
        #expect(sandbox.lines("home/made") == ["0", "1"])
    }

    @Test("is shown as a plan by --dry-run, which writes nothing")
    func dryRun() async throws {
        try sandbox.infrastructure(Self.two)
        let before = try await sandbox.shell("find . ! -name 'run-*' | sort")
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra", "--dry-run", "--json")
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
        let plan = try outcome.json()["preview"]
        #expect(plan["add"].integer == 2 && plan["remove"].integer == 0)
        #expect(
            plan["changes"].elements?.compactMap { $0["address"].text }.sorted()
                == ["terraform_data.app", "terraform_data.web"])
        #expect(try await sandbox.shell("find . ! -name 'run-*' | sort") == before)
        #expect(sandbox.lines("home/made").isEmpty)

        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        let listing = try await sandbox.listing()
        let removal = try await sandbox.run("my-env", "--dry-run", "--destroy")
        #expect(removal.code == 0 && removal.output.contains("would delete terraform_data.web"), "\(removal)")
        #expect(try await sandbox.listing() == listing)
    }

    @Test("that cannot be planned is still shown step by step by --dry-run")
    func dryRunWithoutPlan() async throws {
        try sandbox.infrastructure("variable \"needed\" {}")
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra", "--dry-run")
        #expect(outcome.code == 0 && outcome.output.contains("would run  provision opentofu_apply"))
        #expect(outcome.output.contains("No value for required variable"))
        #expect(!sandbox.exists("data"))
    }

    @Test("gets the variables of providers and those that its folder names, and no others")
    func inherited() async throws {
        try sandbox.infrastructure(
            """
            resource "terraform_data" "a" {
              provisioner "local-exec" { command = "env > \\"$HOME/variables\\"" }
            }
            """ + Terraform.noHosts, ["inherit.txt": "# of our own\nMY_*\nONE_MORE\n"])
        let variables = [
            "AWS_PROFILE": "a", "HCLOUD_TOKEN": "b", "MY_OWN": "c", "ONE_MORE": "d", "ONE_MORE_THING": "e",
            "TF_LOG": "trace", "TF_DATA_DIR": "/nowhere", "TF_WORKSPACE": "other", "TF_CLI_ARGS": "-nonsense",
        ]
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra", variables: variables)
        #expect(outcome.code == 0, "\(outcome)")
        let seen = Set(sandbox.lines("home/variables").map { $0.prefix { $0 != "=" } })
        #expect(seen.isSuperset(of: ["AWS_PROFILE", "HCLOUD_TOKEN", "MY_OWN", "ONE_MORE"]))
        #expect(seen.isDisjoint(with: ["ONE_MORE_THING", "TF_LOG", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS"]))
    }
}
