import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

extension InfrastructureTests {
    /// Tests that run every command of `Documentation/recovery-by-hand.md` in the state that the page names above it.
    @Suite("Documentation/recovery-by-hand.md")
    struct RecoveryByHand {
        /// A block of commands, and the state in which it is to be run.
        struct Block: Hashable {
            let state: String
            let text: String
        }

        static let page = URL(filePath: RealSite.examples).appending(path: "../../Documentation/recovery-by-hand.md")

        static func blocks() throws -> (before: String, blocks: [Block]) {
            let text = try String(contentsOf: page, encoding: .utf8)
            let before = try #require(text.firstMatch(of: #/<!-- before each -->\n```sh\n((?s:.*?))\n```/#))
            let blocks = text.matches(of: #/<!-- state: ([^\n]+) -->\n```sh\n((?s:.*?))\n```/#).map {
                Block(state: String($0.output.1), text: String($0.output.2))
            }
            #expect(text.matches(of: #/\n```sh\n/#).count == blocks.count + 1, "a block has no state")
            return (String(before.output.1), blocks)
        }

        @Test("has only commands that work, in each state")
        func everyState() async throws {
            let (before, all) = try Self.blocks()
            var done: [Block] = []
            try await RealSite.with { site in
                func commands(of state: String) async throws {
                    let blocks = all.filter { $0.state == state }
                    #expect(!blocks.isEmpty, "\(state)")
                    for block in blocks {
                        let outcome = try await site.script("set -eu\n\(before)\n\(block.text)\n")
                        #expect(outcome.code == 0, "\(state):\n\(block.text)\n\(outcome.testDescription)")
                        done.append(block)
                    }
                }
                func fails(_ arguments: String...) async throws {
                    let outcome = try await site.start(arguments).end()
                    #expect(outcome.code == 1, "\(outcome.testDescription)")
                }
                let ready = """
                    - hosts: web
                      gather_facts: false
                      tasks:
                        - name: Ready
                          ansible.builtin.command: test -e /srv/ready
                          changed_when: false
                    """
                for name in ["configure/30-ready.yml", "release/20-ready.yml", "run/30-ready.yml"] {
                    try site.write(ready, to: "playbooks/\(name)")
                }
                try site.write(
                    """
                    resource "terraform_data" "gate" {
                      depends_on = [terraform_data.host]
                      provisioner "local-exec" { command = "test -e \\"$HOME/gate\\"" }
                    }
                    """, to: "gate.tf")
                let unready = "ssh -F data/my-env/build/ssh_config web 'sudo rm -f /srv/ready'"

                // The environment is as a command left it that was killed before its first step.
                let created = Environment(
                    name: "my-env", sshCredentials: .generated,
                    provider: ProviderReference(
                        kind: .opentofu, source: try AbsolutePath(site.sandbox.path("infrastructure"))))
                try await FileEnvironmentRepository(dataFolder: site.sandbox.data).save(created.erased)
                try await commands(of: "created")
                try await fails("--until", "provisioned")
                try await commands(of: "provision_failed")
                try await site.shell("touch \"$HOME/gate\"")
                try await commands(of: "provision_failed, after repairing")
                try await site.succeed("--until", "provisioned")
                try await site.shell(": > data/my-env/build/infrastructure/terraform.tfstate")
                try await commands(of: "provisioned, with an empty state")
                try await commands(of: "provisioned")
                try await fails()
                try await commands(of: "configure_failed")
                #expect(try site.sandbox.stateName() == "Configured")
                try await commands(of: "configured")
                try await site.shell(unready)
                try await fails("--until", "released")
                try await commands(of: "release_failed")
                #expect(try site.sandbox.stateName() == "Released")
                try await commands(of: "released")
                try await site.shell(unready)
                try await fails("--until", "running")
                try await commands(of: "run_failed")
                #expect(try site.sandbox.stateName() == "Running")
                try await commands(of: "running")
                for process in try await site.hostProcesses() { ThisProcess.signal(Signals.kill, to: process) }
                try await fails("--destroy")
                try await commands(of: "destroy failed")
                try await commands(of: "destroyed")
                try await site.checkNothingLeft()
            }
            #expect(Set(done) == Set(all), "a state of the page is not known here")
        }
    }
}
