import Foundation
import OperatingSystem
import Testing

@Suite("The tool's state file", .enabled(if: Terraform.isThere, Terraform.reason))
struct ToolStateDamageTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static func infrastructure(_ count: Int) -> String {
        """
        resource "terraform_data" "host" {
          count = \(count)
          provisioner "local-exec" { command = "echo ${count.index} >> \\"$HOME/made\\"" }
        }
        """ + Terraform.noHosts
    }

    /// Makes two resources, and fails after the apply; a later apply would make another one.
    private func makeAndFail() async throws {
        try sandbox.infrastructure(
            Self.infrastructure(2)
                + "resource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" { command = \"exit 3\" }\n}\n")
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1 && failed.lastWord.contains("opentofu_apply"), "\(failed)")
        try sandbox.infrastructure(Self.infrastructure(3))
    }

    @Test(
        "that is damaged stops every command, and the suggested command restores the named copy",
        arguments: [
            (": > STATE", "is empty"), ("truncate -s 100 STATE", "is damaged"), ("rm STATE", "is not there any more"),
            ("printf '{}' > STATE", "is damaged"),
        ],
        [["--until", "provisioned"], ["--destroy"]])
    func damaged(damage: (script: String, word: String), arguments: [String]) async throws {
        try await makeAndFail()
        try await sandbox.shell(damage.script.replacingOccurrences(of: "STATE", with: sandbox.toolState))
        let before = sandbox.read(sandbox.toolState)
        let refused = try await sandbox.run(["my-env"] + arguments)
        #expect(refused.code == 1 && refused.lastWord.contains(damage.word), "\(refused)")
        let error = try await sandbox.run(["my-env", "--json"] + arguments).json()["error"]
        #expect(error["message"].text?.contains("put it back with: cp ") == true)
        let kind =
            arguments == ["--destroy"]
            ? try sandbox.body()["destruction"]["failure"] : try sandbox.body()["state"]["failure"]
        #expect(kind["error_kind"].text == "tool_state_damaged")
        #expect(sandbox.read(sandbox.toolState) == before)
        #expect(sandbox.lines("home/made").sorted() == ["0", "1"])

        let command = try #require(refused.lastWord.firstMatch(of: #/put it back with: (cp \S+ \S+)\./#))
        try await sandbox.shell(String(command.output.1))
        let outcome = try await sandbox.run(["my-env"] + arguments)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(sandbox.lines("home/made").sorted() == (arguments == ["--destroy"] ? ["0", "1"] : ["0", "1", "2"]))
    }

    @Test("that is older or of another lineage is not used unless it is confirmed")
    func older() async throws {
        try await makeAndFail()
        let state = try #require(sandbox.read(sandbox.toolState))
        let serial = try #require(try JSON(state)["serial"].integer)
        try sandbox.write(
            state.replacingOccurrences(of: "\"serial\": \(serial)", with: "\"serial\": \(serial - 1)"),
            to: sandbox.toolState)
        let older = try await sandbox.run("my-env")
        #expect(older.code == 1 && older.lastWord.contains("is older (serial \(serial - 1))"), "\(older)")
        let lineage = try #require(try JSON(state)["lineage"].text)
        try sandbox.write(state.replacingOccurrences(of: lineage, with: "another"), to: sandbox.toolState)
        let another = try await sandbox.run("my-env")
        #expect(another.code == 1 && another.lastWord.contains("is another's"), "\(another)")
        let command = try #require(another.lastWord.firstMatch(of: #/If it is right as it is: (rm \S+)\./#))
        try await sandbox.shell(String(command.output.1))
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("that a killed first plan left empty is not damaged, because nothing was started")
    func emptyBeforeAnything() async throws {
        try sandbox.infrastructure("variable \"needed\" {}" + Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 1)
        try sandbox.write("", to: sandbox.toolState)
        let outcome = try await sandbox.run("my-env", variables: ["TF_VAR_needed": "1"])
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("that the tool wrote elsewhere is moved to its place")
    func errored() async throws {
        try await makeAndFail()
        let folder = "data/my-env/build/infrastructure"
        try await sandbox.shell(
            "mv \(folder)/terraform.tfstate \(folder)/errored.tfstate; : > \(folder)/terraform.tfstate")
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 0 && outcome.errors.contains("written back from errored.tfstate"), "\(outcome)")
        #expect(!sandbox.exists("\(folder)/errored.tfstate"))
        #expect(sandbox.lines("home/made").sorted() == ["0", "1", "2"])
    }

    /// This test needs root, to mount a small disk.
    @Test(
        "is restored after the disk was full during an apply",
        .enabled(if: ThisProcess.userIdentifier == 0, "a small disk can only be mounted by root"),
        arguments: ["tmpfs", "ext4"])
    func fullDisk(kind: String) async throws {
        let disk = sandbox.path("data")
        try await sandbox.shell(
            kind == "tmpfs"
                ? "mkdir data; mount -t tmpfs -o size=24m,mode=700 tmpfs data"
                : "mkdir data; truncate -s 40m image; mkfs.ext4 -q -F image; mount -o loop image data")
        do {
            try await fillAndGoOn()
        } catch {
            try await sandbox.shell("umount \(disk)")
            throw error
        }
        try await sandbox.shell("umount \(disk)")
    }

    private func fillAndGoOn() async throws {
        func large(_ count: Int) -> String {
            "join(\"\", [for i in range(1000) : \"\(String(repeating: "x", count: count))\"])"
        }
        try sandbox.infrastructure(
            """
            resource "terraform_data" "first" { input = "CANARY ${\(large(20))}" }
            resource "terraform_data" "filler" {
              input = terraform_data.first.id
              provisioner "local-exec" { command = "cat /dev/zero > '\(sandbox.path("data/fill"))' || true" }
            }
            resource "terraform_data" "last" {
              input = "${terraform_data.filler.id} ${\(large(150))}"
              provisioner "local-exec" { command = "echo last >> \\"$HOME/made\\"" }
            }
            """ + Terraform.noHosts)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra", "--until", "provisioned")
        #expect(failed.code == 1, "\(failed)")
        #expect(failed.lastWord.contains("could not write its state, and it was written back"), "\(failed)")
        #expect(!failed.errors.contains("CANARY"))
        #expect(
            try sandbox.resources() == ["terraform_data.filler", "terraform_data.first", "terraform_data.last"])
        try await sandbox.shell("rm data/fill")
        let outcome = try await sandbox.run("my-env", "--until", "provisioned")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(sandbox.lines("home/made") == ["last"])
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }
}
