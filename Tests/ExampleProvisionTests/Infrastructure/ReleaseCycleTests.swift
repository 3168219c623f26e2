import OperatingSystem
import Testing

extension InfrastructureTests {
    @Suite("Releases on hosts")
    struct ReleaseCycle {
        /// A release whose page contains the parameter `tag`.
        private static let page = """
            - hosts: web
              become: true
              gather_facts: false
              vars:
                release: "/srv/page/releases/{{ tag }}"
              tasks:
                - name: The release's folder
                  ansible.builtin.file: {path: "{{ release }}", state: directory, mode: "0755"}
                - name: The page
                  ansible.builtin.copy: {dest: "{{ release }}/index.html", content: "{{ tag }}\\n", mode: "0644"}
                - name: The environment's name beside it
                  ansible.builtin.copy:
                    dest: "{{ release }}/environment.txt"
                    content: "{{ environment_name }}\\n"
                    mode: "0644"
                - name: Switch over
                  ansible.builtin.file: {src: "{{ release }}", dest: /srv/page/current, state: link}
            """

        private func shown(_ site: RealSite) async throws -> String {
            try await site.fetch("http://\(site.address(of: "web")):8080/")
        }

        /// Starts a command, kills it in a step, and repeats it until it succeeds.
        private func killed(in step: String, _ site: RealSite, _ arguments: String...) async throws {
            let program = try site.start(arguments)
            try await wait(for: step) { program.errors.contains(" \(step)\n") || !isAlive(program.identifier) }
            program.kill()
            _ = await program.end()
            var outcome: Outcome?
            for _ in 0..<4 {
                let again = try await site.start(arguments + ["--lock-timeout", "500"]).end()
                if again.code == 0 { return }
                outcome = again
                // The kill interrupted the creation of a host, or the writing of a state.
                #expect(again.code == 1, "\(again.testDescription)")
                if let way = again.lastWord.firstMatch(
                    of: #/(put it back with: |start again with: )(?<line>(cp|mkdir) .*?)\. Trace/#)
                {
                    try await site.shell(String(way.output.line))
                }
            }
            Issue.record(
                "\(arguments) does not come to its end after a kill in \(step): \(outcome?.testDescription ?? "")")
        }

        @Test("follow each other; a rollback restores the earlier one, also when it is killed in any step")
        func releases() async throws {
            try await RealSite.with(hosts: ["app", "web"]) { site in
                try site.write(Self.page, to: "playbooks/release/10-page.yml")
                try await site.succeed("--until", "running", "--set", "tag=v1")
                #expect(try await shown(site) == "v1\n")
                let serial = try #require(try site.sandbox.body()["completed"]["release"]["serial"].integer)
                let refused = try await site.run("--until", "running", "--set", "tag=v2")
                #expect(refused.code == 78)
                try await site.succeed("--until", "running", "--set", "tag=v2", "--from", "release")
                #expect(try await shown(site) == "v2\n")
                try await site.succeed("--rollback")
                #expect(try await shown(site) == "v1\n")
                for step in ["page", "start_service", "check_page"] {
                    try await site.succeed("--until", "running", "--set", "tag=v2", "--from", "release")
                    #expect(try await shown(site) == "v2\n")
                    try await killed(in: step, site, "--rollback", "--to", "\(serial)")
                    #expect(try await shown(site) == "v1\n")
                    #expect(try site.sandbox.stateName() == "Running")
                }
                try site.sandbox.checkStored()
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("configure an added host and remove a deleted one, also when the change is killed")
        func hosts() async throws {
            try await RealSite.with(hosts: ["web"]) { site in
                try site.write(Self.page, to: "playbooks/release/10-page.yml")
                try await site.succeed("--until", "running", "--set", "tag=v1")
                let refused = try await changing(hosts: ["web", "app"], site) {
                    try await site.run("--until", "provisioned")
                }
                #expect(
                    refused.code == 78 && refused.lastWord.contains("--from provision"), "\(refused.testDescription)")
                try await killed(in: "opentofu_apply", site, "--until", "running", "--from", "provision")
                #expect(try await site.hostProcesses().count == 2)
                let app = try await site.shell("ssh -F data/my-env/build/ssh_config app cat /etc/environment-name")
                #expect(app == "my-env app\n")
                #expect(try await shown(site) == "v1\n")

                _ = try await changing(hosts: ["web"], site) {
                    try await site.succeed("--until", "running", "--from", "provision")
                }
                #expect(try await site.hostProcesses().count == 1)
                #expect(try await site.links(hosts: ["app"]) == [])
                #expect(try JSON(try #require(try site.sandbox.outputs()["hosts"])).members?.keys.sorted() == ["web"])
                #expect(try await shown(site) == "v1\n")
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        private func changing(
            hosts: [String], _ site: RealSite, _ body: () async throws -> Outcome
        ) async throws -> Outcome {
            let names = hosts.map { "\"\($0)\"" }.joined(separator: ",")
            try site.write("{\"hosts\":[\(names)],\"system\":\"sshd\"}", to: "site.auto.tfvars.json")
            return try await body()
        }
    }
}
