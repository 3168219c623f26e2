import Foundation
import OperatingSystem
import Testing

@Suite("Validating an environment", .enabled(if: Terraform.isThere, Terraform.reason))
struct DriftTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Provisions an environment with an output that reads a file, because the built-in resources cannot drift.
    private func make() async throws {
        try sandbox.write("before", to: "world")
        try sandbox.infrastructure(
            """
            resource "terraform_data" "a" { input = 1 }
            output "fingerprint" { value = filemd5("\(sandbox.path("world"))") }
            """ + Terraform.noHosts)
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("finds nothing when nothing differs, and does not change the stored state")
    func same() async throws {
        try await make()
        let kept =
            "find data/my-env ! -path '*/logs*' ! -path '*/build' ! -path '*/build/events*' ! -name '*.lock' ! -name my-env -type f -printf '%p %s %m %i %T@\\n' | sort"
        let before = try await sandbox.shell(kept)
        let outcome = try await sandbox.run("my-env", "--validate", "--playbooks")
        #expect(outcome.code == 0 && outcome.output.contains("nothing differs"), "\(outcome)")
        let after = try await sandbox.shell(kept)
        #expect(
            after.split(separator: "\n").filter { !$0.contains("empty.tfrc") }
                == before.split(separator: "\n").filter { !$0.contains("empty.tfrc") })
    }

    @Test("ends with 2 and a report when something differs, and does not change the tool's state")
    func differs() async throws {
        try await make()
        let state = sandbox.read(sandbox.toolState)
        let stored = sandbox.read("data/my-env/state.json")
        try sandbox.write("after", to: "world")
        let outcome = try await sandbox.run("my-env", "--validate", "--json")
        #expect(outcome.code == 2, "\(outcome)")
        let drift = try outcome.json()["drift"]
        #expect(drift["checks"].elements?.compactMap(\.text) == ["infrastructure", "ssh_login"])
        let findings = drift["findings"].elements ?? []
        #expect(findings.map { $0["subject"].text } == ["output.fingerprint"])
        #expect(sandbox.read(sandbox.toolState) == state && sandbox.read("data/my-env/state.json") == stored)
        #expect(!sandbox.exists("data/my-env/build/events/drift.tfplan"))
        let text = try await sandbox.run("my-env", "--validate")
        #expect(text.code == 2 && text.output.contains("differs    output.fingerprint: would have another value"))
    }

    @Test("reports when it is not possible")
    func refused() async throws {
        let none = try await sandbox.run("my-env", "--validate")
        #expect(none.code == 66)
        try await make()
        try await sandbox.shell(": > \(sandbox.toolState)")
        let damaged = try await sandbox.run("my-env", "--validate")
        #expect(damaged.code == 1 && damaged.lastWord.contains("terraform.tfstate is empty"), "\(damaged)")
        #expect(try sandbox.stateName() == "Configured")
        try await sandbox.shell("rm -rf data")
        try sandbox.workflow(provision: [.address])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let blind = try await sandbox.run("my-env", "--validate")
        #expect(blind.code == 78 && blind.lastWord.contains("has no check that could find a difference"), "\(blind)")
    }
}
