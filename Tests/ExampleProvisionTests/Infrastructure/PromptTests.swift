import OperatingSystem
import TestSupport
import Testing

@Suite("A program of the infrastructure that prompts", .enabled(if: Terraform.isThere, Terraform.reason))
struct PromptTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs the program on a pseudo-terminal or without a terminal.
    private func run(isOnTerminal: Bool, _ arguments: String = "") async throws -> Outcome {
        let command = "\"$PROGRAM\" my-env --infrastructure infra \(arguments)"
        return try await sandbox.run(
            [], variables: ["TERM": "xterm", "PATH": RealHosts.searchPath],
            shell: isOnTerminal
                ? "exec script -qec '\(command)' /dev/null </dev/null" : "exec setsid -w \(command) </dev/null")
    }

    @Test(
        "fails in local-exec immediately, on a terminal and without one", arguments: [true, false],
        [
            ("read line </dev/tty", "/dev/tty"), ("python3 -c 'import getpass; getpass.getpass()'", "EOFError"),
        ])
    func localExec(isOnTerminal: Bool, program: (script: String, reason: String)) async throws {
        try sandbox.infrastructure(
            """
            resource "terraform_data" "a" {
              provisioner "local-exec" {
                command = <<-END
                \(program.script)
              END
              }
            }
            """ + Terraform.noHosts)
        let outcome = try await run(isOnTerminal: isOnTerminal)
        #expect(outcome.code == 1)
        let shown = outcome.output + outcome.errors
        #expect(shown.contains("local-exec provisioner error") && shown.contains(program.reason), "\(outcome)")
        #expect(!shown.contains("did not end within"))
    }

    @Test(
        "and is suspended is named and ended, with the created resources in the state", arguments: [true, false])
    func stopped(isOnTerminal: Bool) async throws {
        try sandbox.infrastructure(
            """
            resource "terraform_data" "made" {}
            resource "terraform_data" "a" {
              depends_on = [terraform_data.made]
              provisioner "local-exec" { command = "kill -STOP $$; echo went on" }
            }
            """ + Terraform.noHosts)
        let outcome = try await run(isOnTerminal: isOnTerminal)
        #expect(outcome.code == 1)
        let shown = (outcome.output + outcome.errors).replacing("\r\n", with: "\n")
        #expect(shown.contains("was stopped by a signal and nothing continued it"), "\(outcome)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "process_stopped")
        #expect(try sandbox.resources().contains("terraform_data.made"))
    }

    @Test(
        "fails in init immediately, when a module needs a password",
        .enabled(if: ThisProcess.findProgram("git") != nil, "git is not on the PATH"),
        arguments: [true, false])
    func module(isOnTerminal: Bool) async throws {
        let server = try sandbox.start([], shell: PasswordServer.shell)
        defer { server.kill() }
        try await wait(for: "the server") { sandbox.number("home/port") != nil }
        let port = try #require(sandbox.number("home/port"))
        try sandbox.infrastructure(
            "module \"a\" { source = \"git::http://127.0.0.1:\(port)/x.git\" }" + Terraform.noHosts)
        let outcome = try await run(isOnTerminal: isOnTerminal)
        #expect(outcome.code == 1)
        let shown = outcome.output + outcome.errors
        #expect(shown.contains("Failed to download module"), "\(outcome)")
        #expect(!shown.contains("did not end within"))
        let log = try await sandbox.shell("cat data/my-env/logs/*/*.log")
        #expect(log.contains("could not read Username"))
    }

    @Test(
        "fails in a playbook immediately, when ansible.cfg asks for a password",
        .enabled(if: RealHosts.find("ansible-playbook") != nil, "Scripts/real-hosts installs ansible-playbook"),
        arguments: [true, false])
    func playbook(isOnTerminal: Bool) async throws {
        try sandbox.infrastructure(
            Terraform.noHosts,
            [
                "playbooks/ansible.cfg": "[privilege_escalation]\nbecome_ask_pass = true\nbecome_method = su\n",
                "playbooks/configure/10-a.yml": """
                - hosts: localhost
                  connection: local
                  gather_facts: false
                  tasks:
                    - ansible.builtin.command: "false"

                """,
            ])
        let outcome = try await run(isOnTerminal: isOnTerminal, "--until configured")
        #expect(outcome.code == 1)
        let shown = outcome.output + outcome.errors
        #expect(!shown.contains("did not end within"))
        #expect(shown.contains("become_ask_pass"), "\(outcome)")
    }
}

/// An HTTP server that asks for a password, and writes its port to the file `port` in `HOME`.
enum PasswordServer {
    static let shell = """
        exec python3 -c '
        import http.server, os
        class Refuse(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic realm=x")
                self.send_header("Content-Length", "0")
                self.end_headers()
        server = http.server.HTTPServer(("127.0.0.1", 0), Refuse)
        open(os.environ["HOME"] + "/port", "w").write(str(server.server_port))
        server.serve_forever()'
        """
}
