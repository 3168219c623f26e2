import Foundation
import OperatingSystem
import Testing

extension InfrastructureTests {
    @Suite("A failure")
    struct Failures {
        /// Returns the stored failure.
        private func failure(_ site: RealSite) throws -> (kind: String?, summary: String, step: String?) {
            let failure = try site.sandbox.body()["state"]["failure"]
            return (failure["error_kind"].text, failure["summary"].text ?? "", failure["failed_step"].text)
        }

        /// Writes an infrastructure without resources whose outputs name a host.
        private func nowhere(_ site: RealSite, port: Int) throws {
            for name in ["main.tf", "outputs.tf"] { try site.write("", to: name) }
            try site.write(
                """
                output "instance_address" { value = "127.0.0.1" }
                output "hosts" { value = { web = { address = "127.0.0.1", port = \(port), user = "deploy" } } }
                """, to: "outputs.tf")
        }

        @Test("to reach a host is reported as no answer, with each attempt and its reason, and can be retried")
        func unreachable() async throws {
            try await RealSite.with(playbooks: []) { site in
                try nowhere(site, port: 1)
                let outcome = try await site.run("--ssh-timeout", "2")
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "no_answer" && failure.step == "wait_ssh_connectivity")
                #expect(failure.summary.contains("web (deploy@127.0.0.1:1)"))
                #expect(failure.summary.contains("Connection refused"))
                #expect(outcome.errors.contains("attempt 3: no answer: connect to host 127.0.0.1 port 1"))
                #expect(outcome.lastWord.hasSuffix("Next: example-provision my-env --ssh-timeout 2"))
                let retried = try await site.run("--ssh-timeout", "1")
                #expect(retried.errors.contains("7 of 9 steps are done already"))
            }
        }

        @Test("to be answered by SSH counts as no answer, even if every connection is accepted")
        func gateway() async throws {
            try await RealSite.with(playbooks: []) { site in
                let listener = try site.sandbox.start(
                    [],
                    shell: """
                        exec python3 -c '
                        import socket, sys
                        s = socket.create_server(("127.0.0.1", 0)); s.listen(20)
                        open(sys.argv[1], "w").write(str(s.getsockname()[1]) + "\\n")
                        kept = []
                        while True: kept.append(s.accept())
                        ' "$HOME/port"
                        """)
                try await wait(for: "the port") { site.sandbox.read("home/port")?.hasSuffix("\n") == true }
                try nowhere(site, port: Int(try #require(site.sandbox.number("home/port"))))
                let outcome = try await site.run("--ssh-timeout", "1")
                listener.kill()
                _ = await listener.end()
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "no_answer" && failure.summary.contains("banner"))
            }
        }

        @Test("of the login is distinguished from no answer, after a few attempts")
        func wrongKey() async throws {
            try await RealSite.with(playbooks: []) { site in
                try await site.shell("ssh-keygen -q -t ed25519 -N '' -f other")
                let other = try #require(site.sandbox.read("other.pub")).filter { !$0.isNewline }
                try await site.shell(
                    "sed -i 's|PUBLIC_KEY = var.ssh_public_key|PUBLIC_KEY = \"\(other)\"|' infrastructure/main.tf")
                let outcome = try await site.run("--ssh-timeout", "30")
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "authentication_refused" && failure.summary.contains("authorized_keys"))
                #expect(failure.summary.contains("Permission denied (publickey)"))
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("to recognise a host is immediate, also in a playbook, with the way to accept the new key")
        func hostKey() async throws {
            try await RealSite.with(playbooks: ["configure/10-base.yml"]) { site in
                try await site.succeed("--until", "provisioned")
                try await site.shell(
                    """
                    ssh -F data/my-env/build/ssh_config web "sudo sh -c 'rm /etc/ssh/ssh_host_ed25519_key &&
                        ssh-keygen -q -t ed25519 -N \\"\\" -f /etc/ssh/ssh_host_ed25519_key && kill -HUP \\$(cat /run/sshd.pid)'"
                    """)
                let outcome = try await site.run()
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "host_key_changed" && failure.step == "base", "\(failure)")
                let ways = failure.summary.matches(of: #/\((ssh[^()]*)\)/#).map { String($0.output.1) }
                #expect(ways.count == 2, "\(failure.summary)")
                for way in ways { try await site.shell(way) }
                try await site.succeed()
                try await site.succeed("--destroy")
            }
        }

        @Test("of a task names the task, the host and the module's message; the next run uses the repaired playbook")
        func task() async throws {
            try await RealSite.with(hosts: ["app", "web"], playbooks: ["configure/10-base.yml"]) { site in
                let playbook = """
                    - hosts: all
                      gather_facts: false
                      tasks:
                        - name: Copy the configuration
                          ansible.builtin.copy:
                            dest: "/nowhere-{{ inventory_hostname }}/x/y"
                            content: x
                          when: inventory_hostname == "web"
                        - name: Not reached by web
                          ansible.builtin.ping:
                    """
                try site.write(playbook, to: "playbooks/configure/20-mine.yml")
                let outcome = try await site.run("--json")
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "task_failed" && failure.step == "mine")
                #expect(failure.summary.hasPrefix("task \"Copy the configuration\" failed on web: "))
                #expect(failure.summary.contains("/nowhere-web/x"))
                try site.write(
                    playbook.replacing("/nowhere-{{ inventory_hostname }}/x/y", with: "/tmp/y"),
                    to: "playbooks/configure/20-mine.yml")
                let repaired = try await site.succeed()
                #expect(repaired.errors.contains("1 of 2 steps are done already"))

                for (text, kind) in [
                    ("- hosts: [", "invalid_playbook"), ("- hosts: db\n  tasks: []\n", "no_hosts"),
                    ("- hosts: all\n  tasks:\n    - no_such_module:\n", "invalid_playbook"),
                ] {
                    try site.write(text, to: "playbooks/release/10-bad.yml")
                    #expect(try await site.run("--until", "released").code == 1)
                    #expect(try self.failure(site).kind == kind)
                    #expect(try self.failure(site).summary.count > 40)
                }
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("contains no secret, neither of a task with no_log nor of a sensitive output")
        func secrets() async throws {
            try await RealSite.with(playbooks: []) { site in
                let canary = "canary-5d0e1f"
                try await site.shell(
                    "printf '\\noutput \"password\" {\\n  sensitive = true\\n  value = \"\(canary)\"\\n}\\n' >> infrastructure/outputs.tf"
                )
                try site.write(canary, to: "playbooks/files/secret.txt")
                try site.write(
                    """
                    - hosts: all
                      gather_facts: false
                      vars:
                        secret: "{{ lookup('ansible.builtin.file', '../files/secret.txt') }}"
                      tasks:
                        - name: Use it
                          ansible.builtin.shell: "echo {{ secret }}; echo {{ secret }} >&2; exit {{ 1 if step == 'first' else 0 }}"
                          no_log: true
                          changed_when: false
                          vars:
                            step: "{{ lookup('ansible.builtin.file', '../files/step.txt') }}"
                        - name: Use it in a loop
                          ansible.builtin.command: "false {{ item }}"
                          no_log: true
                          loop: ["{{ secret }}"]
                    """, to: "playbooks/configure/10-secret.yml")
                for step in ["first", "second"] {
                    try site.write(step, to: "playbooks/files/step.txt")
                    let outcome = try await site.run("--verbose", "--json")
                    #expect(outcome.code == 1)
                    #expect(!outcome.output.contains(canary) && !outcome.errors.contains(canary))
                    let failure = try failure(site)
                    #expect(failure.kind == "task_failed" && failure.summary.contains("hidden (no_log)"))
                }
                // The state of OpenTofu or Terraform and its copies contain the secret, and so does the copy of the
                // user's file.
                let found = try await site.shell("grep -rlF \(canary) data || :").split(separator: "\n").filter {
                    !$0.contains("/build/infrastructure/") && !$0.contains("/build/state-copies/")
                        && !$0.hasSuffix("/build/playbooks/files/secret.txt")
                }
                #expect(found == [])
                try await site.succeed("--destroy")
                #expect(try await site.shell("grep -rlF \(canary) data || :") == "")
            }
        }

        @Test("of a user's file names the file and the line, and the next run uses the repaired file")
        func invalidFile() async throws {
            try await RealSite.with(playbooks: []) { site in
                try site.write("output \"x\" { value = no_such_thing.at.all }\n", to: "mine.tf")
                let outcome = try await site.run("--json")
                #expect(outcome.code == 1)
                let failure = try failure(site)
                #expect(failure.kind == "invalid_configuration" && failure.summary.contains("mine.tf:1"))
                try site.write("output \"x\" { value = 1 }\n", to: "mine.tf")
                try await site.succeed("--until", "provisioned")
                try await site.succeed("--destroy")
            }
        }

        @Test("by a missing tool ends with 69 and its download address; with the tool the run continues")
        func missingTool() async throws {
            try await RealSite.with(playbooks: ["configure/10-base.yml"]) { site in
                // The folder contains all programs but the missing ones.
                try await site.shell(
                    "mkdir bin; for p in ssh ssh-keygen sh cat; do ln -s \"$(command -v $p)\" bin/; done")
                let path = site.sandbox.path("bin")
                let first = try await site.run("--json", variables: ["PATH": path])
                #expect(first.code == 69)
                #expect(try first.json()["error"]["kind"].text == "tool_missing")
                #expect(first.lastWord.contains("https://opentofu.org"))
                try await site.succeed("--until", "provisioned")
                let second = try await site.run("--json", variables: ["PATH": path])
                #expect(second.code == 69)
                #expect(second.lastWord.contains("ansible-core"))
                try await site.succeed()
                try await site.succeed("--destroy")
            }
        }

        @Test("does not come from two concurrent commands: one waits or is refused, and there is one host")
        func together() async throws {
            try await RealSite.with(playbooks: []) { site in
                let first = try site.start(["--until", "provisioned", "--lock-timeout", "500"])
                let second = try site.start(["--until", "provisioned", "--lock-timeout", "500"])
                try await wait(for: "the apply") {
                    first.errors.contains("opentofu_apply") || second.errors.contains("opentofu_apply")
                }
                let third = try await site.run("--lock-timeout", "0")
                #expect(third.code == 75 || third.code == 0)
                let outcomes = [await first.end(), await second.end()]
                #expect(outcomes.map(\.code) == [0, 0])
                #expect(outcomes.count { $0.output.contains("nothing to do") } == 1)
                #expect(try await site.hostProcesses().count == 1)
                try site.sandbox.checkStored()
                try await site.succeed("--destroy")
            }
        }

        @Test("by a damaged tool state is a refusal that names the copy, with which the run continues")
        func emptiedState() async throws {
            try await RealSite.with(playbooks: []) { site in
                try await site.succeed("--until", "provisioned")
                let state = "data/my-env/build/infrastructure/terraform.tfstate"
                for damage in [": > \(state)", "truncate -s 100 \(state)", "rm \(state)"] {
                    try await site.shell(damage)
                    let refused = try await site.run("--destroy", "--json")
                    #expect(refused.code == 1)
                    let way = try #require(
                        refused.lastWord.firstMatch(of: #/put it back with: (cp .*?)\. Trace/#),
                        "\(refused.testDescription)")
                    #expect(try await site.hostProcesses().count == 1)
                    try await site.shell(String(way.output.1))
                }
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("by a full disk during an apply loses neither state, and with free space the run continues")
        func fullDisk() async throws {
            try await RealSite.with(playbooks: []) { site in
                let folder = site.sandbox.path("data")
                try await site.shell("mkdir -p '\(folder)' && mount -t tmpfs -o size=48m,mode=700 none '\(folder)'")
                try site.write(
                    """
                    resource "terraform_data" "fill" {
                      depends_on = [terraform_data.host]
                      provisioner "local-exec" {
                        command = "[ -e \\"$HOME/filled\\" ] || { touch \\"$HOME/filled\\"; cat /dev/zero > '${var.instance_dir}/filler' 2>/dev/null || :; }"
                      }
                    }
                    resource "terraform_data" "after" {
                      input      = format("%020000d", 0)
                      depends_on = [terraform_data.fill]
                    }
                    """, to: "fill.tf")
                let outcome = try await site.run("--until", "provisioned", "--emergency-dir", "emergency")
                #expect([1, 74].contains(outcome.code), "\(outcome.testDescription)")
                #expect(try await site.hostProcesses().count == 1)
                try await site.shell("rm -f data/my-env/instance/filler")
                // A state that was written elsewhere, because the disk was full, is applied first.
                if let record = outcome.lastWord.firstMatch(of: #/--recover (\S+)/#) {
                    try await site.succeed("--recover", String(record.output.1))
                }
                try await site.succeed("--until", "provisioned")
                #expect(try await site.hostProcesses().count == 1)
                let state = try JSON(
                    try #require(site.sandbox.read("data/my-env/build/infrastructure/terraform.tfstate")))
                #expect(state["resources"].elements?.count == 4)
                try site.sandbox.checkStored()
                try await site.succeed("--destroy")
                #expect(try await site.hostProcesses() == [])
            }
        }
    }
}
