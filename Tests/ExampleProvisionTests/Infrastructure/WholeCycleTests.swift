import OperatingSystem
import Testing

extension InfrastructureTests {
    @Suite("Hosts")
    struct WholeCycle {
        @Test("are made, configured, released and run; a second run changes nothing; a destroy removes everything")
        func whole() async throws {
            try await RealSite.with(hosts: ["app", "web"]) { site in
                let first = try await site.succeed("--until", "running", "--json")
                let result = try first.json()
                #expect(result["state"].text == "running" && result["changed"].truth == true)
                #expect(
                    result["steps"].elements?.compactMap(\.["name"].text) == [
                        "render_infrastructure", "opentofu_init", "opentofu_validate", "opentofu_plan",
                        "opentofu_apply", "get_instance_info", "render_configuration", "wait_ssh_connectivity",
                        "wait_cloud_init", "base", "web_server", "page", "start_service", "check_page",
                    ])
                // Progress is shown for each resource and each task, with totals.
                #expect(first.errors.contains("4 of 4  terraform_data.host["))
                #expect(first.errors.contains("2 of 3  The application's folder"))
                let web = try site.address(of: "web")
                #expect(try await site.fetch("http://\(web):8080/").contains("This page was deployed."))
                #expect(try await site.fetch("http://\(web):8080/environment.txt") == "my-env\n")
                #expect(try await site.hostProcesses().count == 2)
                // Programs in the user's folder stay executable, but only for their owner.
                let open = try await site.sandbox.openToOthers("data").split(separator: "\n")
                #expect(open.filter { !$0.hasSuffix("/namespace-host 700") } == [])
                let before = try await site.sandbox.listing("data/my-env/build/infrastructure/terraform.tfstate")

                let again = try await site.succeed("--until", "running")
                #expect(again.output.contains("nothing to do"))
                #expect(
                    try await site.sandbox.listing("data/my-env/build/infrastructure/terraform.tfstate") == before)
                try site.sandbox.checkStored()

                // At first there is no drift, then drift that a playbook would repair.
                let stored = try site.sandbox.state()
                #expect(try await site.run("--validate", "--playbooks").code == 0)
                try await site.shell("ssh -F data/my-env/build/ssh_config web sudo rm /etc/environment-name")
                #expect(try await site.run("--validate").code == 0)
                let drift = try await site.run("--validate", "--playbooks")
                #expect(
                    drift.code == 2 && drift.output.contains("web: What this host belongs to"),
                    "\(drift.testDescription)")
                #expect(try site.sandbox.state() == stored)

                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
                #expect(try await site.run("--destroy").output.contains("nothing to do"))
                try await site.succeed("--purge")
                #expect(try await site.shell("ls -A data/my-env") == "state.json.lock\n")
            }
        }

        @Test("can have systemd as their first process")
        func systemd() async throws {
            try await RealSite.with(system: "systemd", playbooks: ["configure/10-base.yml"]) { site in
                try site.write(
                    """
                    - hosts: all
                      gather_facts: false
                      tasks:
                        - name: The service manager
                          ansible.builtin.command: systemctl is-system-running --wait
                          changed_when: false
                        - name: The first process
                          ansible.builtin.command: test systemd = {{ lookup('pipe', 'echo systemd') }} -a -d /run/systemd/system
                          changed_when: false
                    """, to: "playbooks/configure/20-service-manager.yml")
                try await site.succeed()
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("have a login from cloud-init, which is waited for")
        func cloudInit() async throws {
            try await RealSite.with(system: "cloud-init", playbooks: ["configure/10-base.yml"]) { site in
                let outcome = try await site.succeed("--verbose")
                #expect(outcome.errors.contains("cloud-init is done"))
                #expect(
                    try await site.shell("ssh -F data/my-env/build/ssh_config web cat /etc/made-by-cloud-init")
                        == "web\n")
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }

        @Test("on which cloud-init failed are reported with its message")
        func cloudInitError() async throws {
            try await RealSite.with(system: "cloud-init", playbooks: []) { site in
                // A locale that cannot be generated, as seen on a real machine.
                try await site.shell(
                    "sed -i 's/locale: C.UTF-8/locale: no_SUCH.locale/' infrastructure/namespace-host-start")
                let outcome = try await site.run("--json")
                #expect(outcome.code == 1)
                let stored = try site.sandbox.body()["state"]["failure"]
                #expect(stored["error_kind"].text == "cloud_init_error")
                #expect(stored["summary"].text?.contains("locale") == true, "\(outcome.testDescription)")
                try await site.succeed("--destroy")
                try await site.checkNothingLeft()
            }
        }
    }
}
