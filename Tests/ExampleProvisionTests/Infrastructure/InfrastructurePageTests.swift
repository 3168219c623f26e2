import Foundation
import OperatingSystem
import Testing

extension InfrastructureTests {
    /// Tests of `Documentation/infrastructure.md`, with a namespace host as the existing machine.
    @Suite("Documentation/infrastructure.md")
    struct Page {
        @Test("has a smallest folder and commands that work")
        func smallest() async throws {
            let page = URL(filePath: RealSite.examples).appending(path: "../../Documentation/infrastructure.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            let files = text.matches(of: #/<!-- file: (\S+) -->\n```\w+\n((?s:.*?\n))```/#)
            let commands = text.matches(of: #/<!-- run -->\n```sh\n((?s:.*?))\n```/#)
            #expect(files.count == 3 && commands.count == 2)
            try await RealSite.with(playbooks: []) { site in
                try await site.succeed("--until", "provisioned", environment: "machine")
                let address = try site.address(of: "web", "machine")
                for file in files {
                    let name = String(file.output.1)
                    try await site.shell("mkdir -p \"$(dirname '\(name)')\"")
                    try site.sandbox.write(String(file.output.2).replacing("10.0.0.7", with: address), to: name)
                }
                try await site.shell("mkdir -m 700 \"$HOME/.ssh\"; cp data/machine/keys/* \"$HOME/.ssh\"")
                for command in commands {
                    let outcome = try await site.script("set -eu\n\(command.output.1)")
                    #expect(outcome.code == 0, "\(command.output.1)\n\(outcome.testDescription)")
                }
                #expect(
                    try await site.shell("ssh -F data/my-env/build/ssh_config web cat /etc/motd") == "web of my-env\n")
                try await site.succeed("--destroy")
                #expect(try await site.hostProcesses().count == 1)
                try await site.succeed("--destroy", environment: "machine")
                try await site.checkNothingLeft("machine")
            }
        }

        @Test("starts with a run on two hosts that has the shown steps")
        func twoHosts() async throws {
            let page = URL(filePath: RealSite.examples).appending(path: "../../Documentation/infrastructure.md")
            let text = try String(contentsOf: page, encoding: .utf8)
            let block = try #require(text.firstMatch(of: #/<!-- done on hosts -->\n```sh\n((?s:.*?))\n```/#))
            let shown = try #require(text.firstMatch(of: #/<!-- printed on hosts -->\n```text\n((?s:.*?))\n```/#))
            let command = block.output.1
                .replacing("PATH=\"$(Scripts/real-hosts):$PATH\"\nswift run ", with: "")
                .replacing("Examples/infrastructure/namespace-hosts", with: "infrastructure")
            #expect(command.hasPrefix("example-provision my-env --provider opentofu "))
            func steps(_ text: String) -> [String] {
                text.replacing(/\d+\.\d+ s/, with: "SECONDS").split(separator: "\n").map(String.init)
                    .filter { $0.hasPrefix("done ") }
            }
            try await RealSite.with(hosts: ["app", "web"]) { site in
                let outcome = try await site.script("\(command) 2>&1")
                #expect(
                    outcome.code == 0 && steps(outcome.output) == steps(String(shown.output.1)), "\(outcome.output)")
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        // Terraform cannot validate the files without the provider, and no registry is available in a test.
        @Test(
            "is followed by the example for a cloud, which the tool accepts",
            .enabled(if: Terraform.hasMirror, "the AWS provider is not in \(Terraform.mirror)"))
        func cloudInstance() async throws {
            try await RealSite.with(playbooks: []) { site in
                try site.sandbox.write(
                    "provider_installation {\n  filesystem_mirror { path = \"\(Terraform.mirror)\" }\n}\n",
                    to: "mirror.tfrc")
                let output = try await site.shell(
                    """
                    cp -r '\(RealSite.examples)/cloud-instance' cloud; cd cloud
                    export TF_CLI_CONFIG_FILE=../mirror.tfrc
                    '\(Terraform.path ?? "")' init -input=false -no-color >init.txt
                    '\(Terraform.path ?? "")' validate -no-color
                    """)
                #expect(output.contains("The configuration is valid"))
            }
        }
    }
}
