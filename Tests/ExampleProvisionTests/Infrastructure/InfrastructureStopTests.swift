import OperatingSystem
import Testing

extension InfrastructureTests {
    @Suite("A stop from the keyboard")
    struct Stops {
        @Test("in each step leaves a state that the next run resumes immediately, and no running process")
        func everyStep() async throws {
            try await RealSite.with { site in
                let steps =
                    (1...9).map { "provision \($0)/9" } + ["configure 1/2", "configure 2/2", "release 1/1"]
                    + ["run 1/2", "run 2/2"]
                for (index, step) in steps.enumerated() {
                    // The step may just have ended when the stop arrives; then the next run begins with a later one.
                    let later = steps[index...]
                    let program = try site.start(["--until", "running", "--lock-timeout", "0"])
                    try await wait(for: step) {
                        later.contains { program.errors.contains("start   \($0) ") } || !isAlive(program.identifier)
                    }
                    try await Task.sleep(for: .milliseconds(100))
                    program.signal(Signals.interrupt)
                    let outcome = await program.end()
                    // The last step may just have ended.
                    #expect(
                        outcome.code == 130 || (outcome.code == 0 && step == "run 2/2"),
                        "\(step): \(outcome.testDescription)")
                    try site.sandbox.checkStored()
                    #expect(try await workers(site) == "", "\(step)")
                }
                try await site.succeed("--until", "running", "--lock-timeout", "0")
                #expect(try await site.hostProcesses().count == 1)
                let address = try site.address(of: "web")
                #expect(try await site.fetch("http://\(address):8080/environment.txt") == "my-env\n")

                for step in ["destroy 1/3", "destroy 2/3"] {
                    let program = try site.start(["--destroy", "--lock-timeout", "0"])
                    try await wait(for: step) {
                        program.errors.contains("start   \(step) ") || !isAlive(program.identifier)
                    }
                    try await Task.sleep(for: .milliseconds(50))
                    program.signal(Signals.terminate)
                    let outcome = await program.end()
                    #expect(outcome.code == 143 || outcome.code == 0, "\(step): \(outcome.testDescription)")
                }
                try await site.succeed("--destroy", "--lock-timeout", "0")
                try await site.checkNothingLeft()
            }
        }

        /// Returns the running processes of the tools that were started for the site.
        private func workers(_ site: RealSite) async throws -> String {
            try await site.sandbox.shell(
                """
                for f in /proc/[0-9]*; do
                    case "$(cat $f/comm 2>/dev/null)" in terraform|tofu|ansible*|ssh)
                        ! tr '\\0' '\\n' <$f/environ 2>/dev/null | grep -qF '\(site.sandbox.root)/' || cat $f/cmdline;;
                    esac
                done; :
                """)
        }

        @Test("during a playbook ends the processes of Ansible, in whatever sessions")
        func playbook() async throws {
            try await RealSite.with(playbooks: []) { site in
                try site.write(
                    """
                    - hosts: all
                      gather_facts: false
                      tasks:
                        - name: Slow
                          ansible.builtin.command: sleep 5
                        - name: Never reached
                          ansible.builtin.command: sleep 600
                    """, to: "playbooks/configure/10-slow.yml")
                for signals in [1, 2] {
                    let program = try site.start([])
                    try await wait(for: "the task") { program.errors.contains("1 of 2  Slow") }
                    try await Task.sleep(for: .seconds(1))
                    for _ in 0..<signals {
                        program.signal(Signals.interrupt)
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    #expect(await program.end().code == 130)
                    #expect(try await workers(site) == "")
                    #expect(try await site.shell("ls -d \"$TMPDIR\"/te-* 2>/dev/null || :") == "")
                }
                try await site.succeed("--destroy", "--lock-timeout", "0")
            }
        }

        /// A playbook whose first task takes long, and after which the host has a file.
        private static let slow = """
            - hosts: all
              gather_facts: false
              tasks:
                - name: Slow
                  ansible.builtin.command: sleep 3
                - name: Count
                  ansible.builtin.shell: echo once >> /tmp/count
            """

        @Test(
            "or a kill of this program and of Ansible: the next run waits for the remaining processes, and continues",
            arguments: [false, true])
        func killedPlaybook(both: Bool) async throws {
            try await RealSite.with(playbooks: []) { site in
                try site.write(Self.slow, to: "playbooks/configure/10-slow.yml")
                // The path of the temporary folder is too long for a socket.
                let folder = site.sandbox.path("home/" + String(repeating: "t", count: 120))
                try await site.shell("mkdir '\(folder)'")
                let program = try site.start([], variables: ["TMPDIR": folder])
                try await wait(for: "the task") { program.errors.contains("1 of 2  Slow") }
                try await Task.sleep(for: .seconds(1))
                if both {
                    try await site.sandbox.shell(
                        """
                        for f in /proc/[0-9]*; do
                            [ "$(cat $f/comm 2>/dev/null)" = ansible-playboo ] || continue
                            grep -qF '\(site.sandbox.root)/' $f/cmdline && p=${f#/proc/} &&
                                [ "$(ps -o pgid= -p $p | tr -d ' ')" = $p ] && kill -9 $p
                        done; :
                        """)
                }
                program.kill()
                _ = await program.end()
                let next = try await site.start(["--lock-timeout", "500"], variables: ["TMPDIR": folder])
                    .end()
                #expect(next.code == 0, "\(next.testDescription)")
                #expect(try await workers(site) == "")
                #expect(try await site.shell("cat data/my-env/build/ssh-connections 2>/dev/null || :") == "")
                #expect(
                    try await site.shell("ssh -F data/my-env/build/ssh_config web cat /tmp/count") == "once\n")
                try site.sandbox.checkStored()
                try await site.succeed("--destroy", "--lock-timeout", "0")
                try await site.checkNothingLeft()
            }
        }
    }
}
