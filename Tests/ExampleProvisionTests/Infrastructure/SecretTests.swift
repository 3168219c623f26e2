import OperatingSystem
import Testing

@Suite("A secret in the infrastructure", .enabled(if: Terraform.isThere, Terraform.reason))
struct SecretTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func infrastructure(_ end: String) throws {
        try sandbox.infrastructure(
            """
            variable "token" {
              type      = string
              sensitive = true
            }
            resource "terraform_data" "keeper" { input = var.token }
            resource "terraform_data" "speaker" {
              depends_on = [terraform_data.keeper]
              provisioner "local-exec" {
                command = "echo ${var.token}; \(end)"
              }
            }
            resource "terraform_data" "whisperer" {
              depends_on = [terraform_data.keeper]
              provisioner "local-exec" {
                command     = "echo $TOKEN >&2; \(end)"
                environment = { TOKEN = var.token }
              }
            }
            output "password" {
              value     = "${var.token}-out"
              sensitive = true
            }
            """ + Terraform.noHosts)
    }

    @Test("is in no log, trace, progress line, result or error")
    func canaries() async throws {
        let secret = ["TF_VAR_token": "CANARY-7d1f", "AWS_SECRET_ACCESS_KEY": "CANARY-aws"]
        var said = ""
        func run(_ arguments: String...) async throws -> Int32? {
            let outcome = try await sandbox.run(["my-env"] + arguments, variables: secret)
            said += outcome.output + outcome.errors
            return outcome.code
        }
        try infrastructure("exit 3")
        #expect(try await run("--infrastructure", "infra", "--verbose") == 1)
        #expect(said.contains("handles a sensitive value. It ended with exit status 3"))
        try infrastructure("true")
        #expect(try await run("--verbose", "--log-format", "json", "--json") == 0)
        #expect(try await run("--validate", "--json") == 0)
        #expect(try await run("--validate", "--verbose") == 0)
        #expect(try await run("--status", "--json") == 0)
        #expect(try await run("--dry-run", "--destroy", "--verbose") == 0)
        #expect(!said.contains("CANARY"))
        // Values that OpenTofu or Terraform needs are only in its state and in copies of it, which only the owner can
        // read.
        let holding = sandbox.filesHolding("CANARY", in: "data")
        #expect(
            holding.allSatisfy {
                $0.hasSuffix(".tfstate") || $0.hasSuffix(".tfstate.backup") || $0.hasPrefix("my-env/build/events/")
            }, "\(holding)")
        #expect(try await sandbox.openToOthers("data/my-env").isEmpty)
        #expect(try await run("--destroy", "--verbose") == 0)
        #expect(!said.contains("CANARY"))
        #expect(sandbox.filesHolding("CANARY", in: "data").isEmpty)
    }
}
