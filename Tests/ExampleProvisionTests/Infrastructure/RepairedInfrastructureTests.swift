import Foundation
import Testing

@Suite("Repaired infrastructure", .enabled(if: Terraform.isThere, Terraform.reason))
struct RepairedInfrastructureTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static let made = """
        resource "terraform_data" "host" {
          provisioner "local-exec" { command = "echo made >> \\"$HOME/made\\"" }
        }

        """

    @Test("is applied again by the same command, and keeps its resources")
    func afterApply() async throws {
        try sandbox.infrastructure(
            Self.made + "output \"instance_address\" { value = \"no address ${terraform_data.host.id}\" }")
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1 && failed.lastWord.contains("step get_instance_info"), "\(failed)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "invalid_output")
        let same = try await sandbox.run("my-env")
        #expect(same.code == 1 && !same.errors.contains("done    provision opentofu_apply"), "\(same)")
        try sandbox.infrastructure(Self.made + Terraform.noHosts)
        let plan = try await sandbox.run("my-env", "--dry-run")
        #expect(plan.output.contains("would run  provision opentofu_apply"), "\(plan)")
        let repaired = try await sandbox.run("my-env")
        #expect(repaired.code == 0 && repaired.errors.contains("done    provision opentofu_apply"), "\(repaired)")
        #expect(sandbox.lines("home/made").count == 1)
    }

    @Test("that was already provisioned is reported by --validate")
    func afterProvisioning() async throws {
        try sandbox.infrastructure(Self.made + Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        #expect(try await sandbox.run("my-env", "--validate").code == 0)
        try sandbox.infrastructure(
            Self.made + Terraform.noHosts, ["more.tf": "resource \"terraform_data\" \"more\" {}"])
        let found = try await sandbox.run("my-env", "--validate")
        #expect(found.code == 2 && found.output.contains("more.tf: was changed after it was applied"), "\(found)")
    }

    @Test("stores its own outputs for playbooks and steps, and names those that it does not")
    func outputs() async throws {
        try sandbox.infrastructure(
            Terraform.noHosts + """
                output "title" { value = "a \\"b\\" {{ c }}" }
                output "ports" { value = [80, 443] }
                output "lines" { value = "one\\ntwo" }
                output "empty" { value = null }
                output "secret" {
                  sensitive = true
                  value     = "CANARY"
                }
                """)
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra", "--verbose")
        #expect(outcome.code == 0 && outcome.errors.contains("the output secret is not stored"), "\(outcome)")
        #expect(!outcome.errors.contains("CANARY"))
        let outputs = try sandbox.outputs()
        #expect(outputs["title"] == "a \"b\" {{ c }}" && outputs["ports"] == "[80,443]")
        #expect(outputs["lines"] == "one\ntwo" && outputs["empty"] == nil && outputs["secret"] == nil)
    }

    @Test("without its build folder is not considered destroyed until a person confirms it")
    func lostBuildFolder() async throws {
        try sandbox.infrastructure(Self.made + Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        try await sandbox.shell("rm -r data/my-env/build")
        let refused = try await sandbox.run("my-env", "--destroy")
        #expect(refused.code == 1 && refused.lastWord.contains("terraform.tfstate is not there any more"), "\(refused)")
        #expect(try sandbox.stateName() == "Configured")
        #expect(try await sandbox.run("my-env", "--validate").code == 1)
        let way = try #require(refused.lastWord.firstMatch(of: #/start again with: (mkdir .*?)\. Trace/#), "\(refused)")
        try await sandbox.shell(String(way.output.1))
        let outcome = try await sandbox.run("my-env", "--destroy")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(try sandbox.stateName() == "Destroyed")
    }

    @Test("without its folder is destroyed after the suggested command restored the folder")
    func lostFolder() async throws {
        let playbook = "- hosts: all\n  tasks: []\n"
        try sandbox.infrastructure(
            Self.made + Terraform.noHosts, ["module/more.tf": "", "playbooks/destroy/10-goodbye.yml": playbook])
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        try await sandbox.shell("mv infra elsewhere")
        let refused = try await sandbox.run("my-env", "--destroy")
        let way = try #require(refused.lastWord.firstMatch(of: #/Put it back \(its copy: (.*)\), or/#), "\(refused)")
        #expect(refused.code == 64)
        try await sandbox.shell(String(way.output.1))
        #expect(try await sandbox.shell("diff -r elsewhere infra") == "")
        let plan = try await sandbox.run("my-env", "--destroy", "--dry-run")
        #expect(plan.code == 0 && plan.output.contains("would run  destroy goodbye"), "\(plan)")
    }

    @Test(
        "starts with an existing key",
        arguments: [
            ("nokey", "nokey cannot be read"), ("key.pub", "name the private one"), ("alone", "ssh-keygen -y -f"),
        ])
    func key(name: String, word: String) async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        for file in ["key", "key.pub"] { try sandbox.write("x", to: file) }
        try await sandbox.shell("ssh-keygen -q -t ed25519 -N '' -f alone; rm alone.pub")
        for more in [[], ["--dry-run"]] {
            let refused = try await sandbox.run(["my-env", "--infrastructure", "infra", "--ssh-key", name] + more)
            #expect(refused.code == 64 && refused.lastWord.contains(word), "\(refused)")
        }
        #expect(!sandbox.exists("data/my-env/state.json"))
    }

    @Test("without its build folder after a failed apply is not considered destroyed")
    func lostAfterFailedApply() async throws {
        try sandbox.infrastructure(
            Self.made + Terraform.noHosts + """
                resource "terraform_data" "last" {
                  depends_on = [terraform_data.host]
                  provisioner "local-exec" { command = "exit 3" }
                }
                """)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 1)
        try await sandbox.shell("rm -r data/my-env/build")
        for arguments in [[], [], ["--destroy"], ["--destroy"]] {
            let refused = try await sandbox.run(["my-env"] + arguments)
            #expect(refused.code == 1 && refused.lastWord.contains("is not there any more"), "\(refused)")
        }
        #expect(sandbox.lines("home/made").count == 1)
    }

    @Test("that was never applied is destroyed immediately, and has no drift")
    func nothingApplied() async throws {
        try sandbox.infrastructure("resource \"terraform_data\" \"a\" {\n  inputt = 1\n}" + Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 1)
        let compared = try await sandbox.run("my-env", "--validate")
        #expect(compared.code == 1 && compared.lastWord.contains("nothing was applied yet"), "\(compared)")
        try await sandbox.shell("rm -r data/my-env/build")
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }

    @Test("with a file instead of a folder is applied")
    func fileForFolder() async throws {
        try sandbox.infrastructure(Self.made, ["files/conf/a": "1"])
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 1)
        try await sandbox.shell("rm -r infra/files/conf")
        try sandbox.infrastructure(Self.made + Terraform.noHosts, ["files/conf": "2"])
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(sandbox.read("data/my-env/build/infrastructure/files/conf") == "2")
    }

    @Test("is previewed without remains of killed previews, and other folders are not changed")
    func preview() async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        let (dead, young) = (
            "plan-preview-" + String(repeating: "0", count: 32), "plan-preview-" + String(repeating: "1", count: 32)
        )
        try await sandbox.shell(
            """
            cd home
            mkdir -m 700 \(dead) \(young) plan-preview-notes
            touch \(dead)/terraform.tfstate
            touch -d '1 hour ago' \(dead)/busy
            touch -d '1 day' \(young)/busy
            """)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra", "--dry-run").code == 0)
        #expect(!sandbox.exists("home/\(dead)") && sandbox.exists("home/\(young)"))
        #expect(sandbox.exists("home/plan-preview-notes"))
    }

    @Test("that cannot be previewed reports the reason")
    func noPreview() async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        let outcome = try await sandbox.run(
            ["my-env", "--infrastructure", "infra", "--dry-run"], variables: ["TMPDIR": "/nowhere"])
        #expect(outcome.code == 0 && outcome.output.contains("/nowhere"), "\(outcome)")
    }
}
