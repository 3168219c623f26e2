import Foundation
import OperatingSystem
import Testing

extension InfrastructureTests {
    @Suite("A login")
    struct Logins {
        private static let playbook = """
            - hosts: all
              gather_facts: false
              tasks:
                - ansible.builtin.copy:
                    content: "made on {{ inventory_hostname }}"
                    dest: "{{ outputs.made }}"
            """

        private static func program(_ user: String) -> String { LoopbackServer.shells[user] ?? "" }

        @Test(
            "works with any login shell and any output of its start files, also for a playbook",
            arguments: ["plain", "noisy", "csh", "fish"].filter {
                guard FileManager.default.isExecutableFile(atPath: program($0)) else {
                    print("skipped: the login shell \(program($0)) is missing")
                    return false
                }
                return true
            })
        func shells(user: String) async throws {
            try await LoopbackServer.with { server in
                try server.infrastructure(user: user, playbook: Self.playbook)
                let made = server.sandbox.path("made")
                try server.sandbox.write("output \"made\" { value = \"\(made)\" }\n", to: "infra/made.tf")
                let outcome = try await server.run("--verbose")
                #expect(outcome.code == 0, "\(outcome)")
                #expect(outcome.errors.contains("there is no cloud-init"))
                #expect(server.sandbox.read("made") == "made on web")
            }
        }

        @Test(
            "whose shell runs no command is distinguished from no answer and from a refusal",
            arguments: [("nologin", "not available"), ("exiting", "status 3")])
        func noShell(user: String, saying: String) async throws {
            try await LoopbackServer.with { server in
                try server.infrastructure(user: user)
                let outcome = try await server.run("--ssh-timeout", "2")
                #expect(outcome.code == 1)
                let failure = try server.failure()
                #expect(failure.kind == "no_login_shell" && failure.summary.contains(saying), "\(outcome)")
            }
        }

        @Test("waits for a late banner, as Ansible does")
        func lateBanner() async throws {
            try await LoopbackServer.with { server in
                let proxy = try server.sandbox.start(
                    [],
                    shell: """
                        exec python3 -c '
                        import socket, sys, threading, time
                        s = socket.create_server(("127.0.0.1", 0)); s.listen(20)
                        open(sys.argv[2], "w").write(str(s.getsockname()[1]) + "\\n")
                        def pump(a, b):
                            try:
                                while True:
                                    d = a.recv(65536)
                                    if not d: break
                                    b.sendall(d)
                                b.shutdown(socket.SHUT_WR)
                            except OSError: pass
                        def serve(c):
                            time.sleep(7)
                            t = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                            threading.Thread(target=pump, args=(c, t), daemon=True).start()
                            pump(t, c)
                        while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
                        ' \(server.port) "$HOME/port"
                        """)
                try await wait(for: "the port") { server.sandbox.read("home/port")?.hasSuffix("\n") == true }
                let port = Int(try #require(server.sandbox.number("home/port")))
                try server.infrastructure(
                    user: "plain", port: port,
                    playbook: "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.raw: \"true\"\n")
                let outcome = try await server.run("--ssh-timeout", "120", "--verbose")
                proxy.kill()
                _ = await proxy.end()
                #expect(outcome.code == 0, "\(outcome)")
                #expect(outcome.errors.contains("no SSH banner within 5 s"))
            }
        }

        @Test("goes through jump hosts, also for a playbook and a check, and in later runs")
        func jump() async throws {
            try await LoopbackServer.with { server in
                let sandbox = server.sandbox
                try server.infrastructure(
                    user: "plain", address: LoopbackServer.hiddenName,
                    playbook: "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.raw: \"true\"\n")
                let jump = "noisy@127.0.0.1:\(server.port),\(LoopbackServer.hiddenName):\(server.port)"
                let data = sandbox.path("da%h ta")
                // The second hop uses the environment's user.
                let outcome = try await server.run(
                    "--ssh-jump", jump, "--ssh-user", "plain", "--data-dir", data, "--until", "provisioned")
                #expect(outcome.code == 0, "\(outcome)")
                let state = try JSON(try #require(readText("\(data)/my-env/state.json")))
                #expect(state["environment"].members?.values.first?["ssh_jump"].text == jump)
                let path = ["PATH": RealHosts.searchPath]
                let configured = try await sandbox.run("my-env", "--data-dir", data, variables: path)
                #expect(configured.code == 0, "\(configured)")
                let checked = try await sandbox.run("my-env", "--data-dir", data, "--validate", variables: path)
                #expect(checked.code == 0 && checked.output.contains("ssh_login"), "\(checked)")
                // Both host keys are stored, so that a jump host with another key is rejected.
                let known = "\(data)/my-env/build/known_hosts"
                #expect(readText(known)?.contains("[127.0.0.1]:\(server.port) ") == true)
                #expect(readText(known)?.contains("[\(LoopbackServer.hiddenName)]:\(server.port) ") == true)
                try await sandbox.shell("ssh-keygen -q -t ed25519 -N '' -f another")
                let key = try #require(sandbox.read("another.pub")?.split(separator: " ").dropFirst().first)
                try await sandbox.shell("sed -i 's|^\\(\\[127.*ed25519\\) .*|\\1 \(key)|' '\(known)'")
                let drifted = try await sandbox.run("my-env", "--data-dir", data, "--validate", variables: path)
                #expect(drifted.code == 2 && drifted.output.contains("the jump host [127.0.0.1]"), "\(drifted)")
            }
        }

        @Test("through a jump host that rejects the key names the jump host")
        func jumpRefuses() async throws {
            try await LoopbackServer.with { server in
                try await server.sandbox.shell("ssh-keygen -q -t ed25519 -N '' -f another")
                try server.infrastructure(user: "plain", address: LoopbackServer.hiddenName)
                let outcome = try await server.run(
                    "--ssh-jump", "noisy@127.0.0.1:\(server.port)", "--ssh-timeout", "1", key: "another")
                #expect(outcome.code == 1)
                let failure = try server.failure()
                #expect(failure.kind == "authentication_refused", "\(outcome)")
                #expect(failure.summary.contains("noisy@127.0.0.1: Permission denied"), "\(outcome)")
            }
        }

        @Test(
            "waits for every version of cloud-init, and distinguishes warnings from failures",
            arguments: [
                ("old, done", oldCloudInit, "[]", 0), ("old, failed", oldCloudInit, "[\"boom\"]", 1),
                ("degraded", degradedCloudInit, "[]", 0),
            ] as [(String, String, String, Int32)])
        func cloudInit(name: String, script: String, errors: String, code: Int32) async throws {
            try await LoopbackServer.with { server in
                try server.sandbox.write(script, to: "bin/cloud-init")
                try await server.sandbox.shell("chmod +x bin/cloud-init")
                try await server.onServer(
                    "mkdir /run/cloud-init; (sleep 2; echo '{\"v1\":{\"errors\":\(errors)}}' > /run/cloud-init/result.json) "
                        + "> /dev/null 2>&1 &")
                try server.infrastructure(user: "noisy")
                let outcome = try await server.run("--verbose")
                #expect(outcome.code == code, "\(outcome)")
                guard code == 1 else {
                    #expect(outcome.errors.contains("cloud-init is done"))
                    return
                }
                let failure = try server.failure()
                #expect(failure.kind == "cloud_init_error" && failure.summary.contains("boom"))
            }
        }

        private static let oldCloudInit = """
            #!/bin/sh
            echo "usage: cloud-init [-h] [--version] {init,modules,query,single,dhclient-hook,features}" >&2
            echo "cloud-init: error: argument subcommand: invalid choice: 'status'" >&2
            exit 2

            """
        private static let degradedCloudInit = """
            #!/bin/sh
            [ "$2" != --help ] || { echo "  -l, --long"; echo "  -w, --wait"; exit 0; }
            printf '.....\\nstatus: done\\nextended_status: degraded done\\n'
            exit 2

            """

        @Test("that ssh on this machine cannot attempt is distinguished from no answer, and is not waited for")
        func localFailure() async throws {
            try await LoopbackServer.with { server in
                try server.infrastructure(user: "plain")
                // A wrapper of ssh that rejects an option, as an older version does.
                let ssh = try #require(RealHosts.find("ssh"))
                try server.sandbox.write("#!/bin/sh\nexec \(ssh) -o NoSuchOption=yes \"$@\"\n", to: "bin/ssh")
                try await server.sandbox.shell("chmod +x bin/ssh")
                let outcome = try await server.run(
                    variables: ["PATH": "\(server.sandbox.path("bin")):\(RealHosts.searchPath)"])
                #expect(outcome.code == 1)
                let failure = try server.failure()
                #expect(failure.kind == "ssh_failed" && failure.summary.contains("nosuchoption"), "\(outcome)")
            }
        }

        @Test("of an unknown user is refused before anything is made")
        func unknownUser() async throws {
            try await LoopbackServer.with { server in
                try server.infrastructure(user: "plain")
                let folder = "/tmp/example-provision-unknown-\(server.port)"
                let outcome = try await server.sandbox.run(
                    [],
                    variables: ["PATH": RealHosts.searchPath, "ROOM": folder],
                    shell: """
                        mkdir "$ROOM" && cp -r infra key key.pub "$ROOM" && cp "$PROGRAM" "$ROOM/program" && chown -R 54321 "$ROOM"
                        cd "$ROOM" && HOME="$ROOM" TMPDIR="$ROOM" setpriv --reuid 54321 --regid 54321 --clear-groups ./program my-env --infrastructure infra --ssh-key key
                        code=$?; ls data; rm -r "$ROOM"; exit $code
                        """)
                #expect(
                    outcome.code == 64 && outcome.lastWord.contains("No user exists for uid 54321")
                        || outcome.errors.contains("No user exists for uid 54321"), "\(outcome)")
                #expect(outcome.output.isEmpty, "\(outcome)")
            }
        }
    }
}
