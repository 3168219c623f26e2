import Foundation
import OperatingSystem
import Testing

@Suite("An unusual infrastructure folder", .enabled(if: Terraform.isThere, Terraform.reason))
struct OddInfrastructureTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("may contain files that no tool reads, which are reported as omitted")
    func oddEntries() async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        try await sandbox.shell(
            """
            cd infra
            ln -s me@host.1:2 .#main.tf; ln -s /nowhere/at/all gone; ln -s . again; mkfifo pipe
            touch main.tf~ .DS_Store; mkdir -p playbooks/run .git; touch .git/config; echo mine > terraform.tfstate
            echo 'do not forget' > playbooks/run/Notes.yml; ln -s nowhere playbooks/run/.#10-a.yml
            """)
        let made = try await sandbox.run("my-env", "--infrastructure", "infra", "--verbose", "--until", "running")
        #expect(made.code == 0, "\(made)")
        for name in [".#main.tf", "gone", "again", "pipe", "main.tf~", ".DS_Store", ".git", "terraform.tfstate"] {
            #expect(made.errors.contains("left out \(name): "), "\(name): \(made)")
        }
        #expect(made.errors.contains("run/Notes.yml is not taken for a playbook"), "\(made)")
        #expect(try await sandbox.run("my-env", "--validate").code == 0)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(sandbox.read("infra/terraform.tfstate") == "mine\n")
    }

    @Test("that cannot be used is not reported as missing")
    func unusable() async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        try await sandbox.shell("mv infra/main.tf infra/main.txt")
        let refused = try await sandbox.run("my-env", "--destroy")
        #expect(refused.code == 64 && refused.lastWord.contains("Fix that, or name another"), "\(refused)")
        for word in ["cp ", "rm ", "tar ", "mkdir"] { #expect(!refused.lastWord.contains(word), "\(refused)") }
    }

    @Test("that is missing is restored by a command that never overwrites an existing one")
    func gone() async throws {
        try sandbox.infrastructure(Terraform.noHosts, ["with space/x": "1"])
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        try await sandbox.shell("mv infra elsewhere")
        let refused = try await sandbox.run("my-env", "--destroy")
        let way = try #require(refused.lastWord.firstMatch(of: #/Put it back \(its copy: (.*)\), or/#), "\(refused)")
        try await sandbox.shell("mkdir infra; echo mine > infra/terraform.tfstate")
        let second = try await sandbox.run([], shell: String(way.output.1))
        #expect(second.code != 0)
        #expect(try await sandbox.shell("ls infra; cat infra/terraform.tfstate") == "terraform.tfstate\nmine\n")
        try await sandbox.shell("rm -r infra")
        try await sandbox.shell(String(way.output.1))
        #expect(try await sandbox.shell("diff -r elsewhere infra") == "")
    }

    @Test("with a path out of itself is refused before anything is made, with the solution")
    func outside() async throws {
        try sandbox.infrastructure("resource \"terraform_data\" \"x\" {}\n", to: "modules/net")
        try sandbox.infrastructure("module \"n\" {\n  source = \"../modules/net\"\n}" + Terraform.noHosts)
        for more in [["--dry-run"], []] {
            let refused = try await sandbox.run(["my-env", "--infrastructure", "infra"] + more)
            #expect((refused.output + refused.errors).contains("main.tf:2: ../modules/net leads out of"), "\(refused)")
        }
        let refused = try await sandbox.run("my-env")
        #expect(refused.code == 1 && !sandbox.exists("data/my-env/build/infrastructure"), "\(refused)")
        let way = try #require(refused.lastWord.firstMatch(of: #/\((ln -s .*?)\), and/#), "\(refused)")
        try await sandbox.shell(String(way.output.1))
        try sandbox.infrastructure("module \"n\" {\n  source = \"./modules/net\"\n}" + Terraform.noHosts)
        let made = try await sandbox.run("my-env")
        #expect(made.code == 0, "\(made)")
    }

    @Test(
        "and every other provider work in a data folder of any name",
        arguments: ["a:b,c", "a $HOME ${x}", "50% \"x\" 'y'", "é {{ x }}"])
    func names(name: String) async throws {
        try sandbox.workflow(
            provision: [.address, Step("make", "mkdir -p \"$INSTANCE_DIR\"; echo \"d=$DATA_DIR\" >> \"$OUTPUTS\"")],
            destroy: [Step("gone", "rmdir \"$INSTANCE_DIR\"")])
        for provider in [[], ["--workflow", "workflow.json"]] {
            let made = try await sandbox.run(
                ["my-env", "--until", "running", "--data-dir", sandbox.path(name)] + provider)
            #expect(made.code == 0, "\(made)")
            for arguments in [["--destroy"], ["--purge"]] {
                let ended = try await sandbox.run(["my-env", "--data-dir", sandbox.path(name)] + arguments)
                #expect(ended.code == 0, "\(ended)")
            }
        }
    }

    /// Writes a replacement of OpenTofu whose provider fails in the middle of a call.
    private func brokenTool(_ diagnostic: String, end: String) throws -> String {
        let path = try sandbox.write(
            """
            #!/bin/sh
            case $1 in
            validate) echo '{"valid":true,"diagnostics":[]}' ;;
            plan) for word; do case $word in -out=*) : > "${word#-out=}" ;; esac; done ;;
            apply)
                echo '{"type":"apply_start","hook":{"resource":{"addr":"cloud_machine.web"},"action":"create"}}'
                \(diagnostic)
                echo '{"version":4,"serial":1,"lineage":"l","resources":[]}' > terraform.tfstate
                \(end) ;;
            esac
            """, to: "broken-tool")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private static let errored =
        #"echo '{"type":"apply_errored","hook":{"resource":{"addr":"cloud_machine.web"},"action":"create"}}';"#

    @Test(
        "whose apply is interrupted names its possible remains, in its log and in the stored failure",
        arguments: [
            (
                errored
                    + #"echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Plugin did not respond","detail":"x","address":"cloud_machine.web"}}'"#,
                "exit 1"
            ), (":", "exit 11"), (":", "kill -9 $$"), (":", "exit 1"),
        ])
    func brokenOff(diagnostic: String, end: String) async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        let tool = try brokenTool(diagnostic, end: end)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra", "--tofu", tool)
        #expect(failed.code == 1 && failed.errors.contains("may have left something"), "\(failed)")
        let failure = try sandbox.body()["state"]["failure"]
        #expect(failure["summary"].text?.contains("may have left something") == true, "\(failed)")
        #expect(failure["summary"].text?.contains("cloud_machine.web") == true, "\(failed)")
    }

    @Test("whose provider refuses a resource is not reported as incomplete")
    func refused() async throws {
        try sandbox.infrastructure(Terraform.noHosts)
        let tool = try brokenTool(
            Self.errored
                + #"echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no such size","detail":"x","address":"cloud_machine.web"}}'"#,
            end: "exit 1")
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra", "--tofu", tool)
        #expect(failed.code == 1 && !failed.errors.contains("may have left"), "\(failed)")
    }

    @Test(
        "whose backend has a stale lock names its ID and the command that removes it",
        .enabled(if: ThisProcess.isProgram("/usr/bin/python3"), "/usr/bin/python3 is missing"))
    func staleLock() async throws {
        try sandbox.write(
            """
            import http.server, json, os, sys
            LOCK = {"ID": "6a0b-77", "Operation": "OperationTypeApply", "Who": "me@far-away", "Version": "1",
                    "Created": "2026-11-26T10:00:00Z", "Path": "", "Info": ""}
            class Handler(http.server.BaseHTTPRequestHandler):
                lock = LOCK
                state = b""
                def answer(self, code, body=b""):
                    self.send_response(code); self.send_header("Content-Length", str(len(body)))
                    self.end_headers(); self.wfile.write(body)
                def body(self): return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                def do_GET(self): self.answer(200 if Handler.state else 204, Handler.state)
                def do_POST(self): Handler.state = self.body(); self.answer(200)
                def do_LOCK(self):
                    new = json.loads(self.body())
                    if Handler.lock: self.answer(423, json.dumps(Handler.lock).encode())
                    else: Handler.lock = new; self.answer(200)
                def do_UNLOCK(self): self.body(); Handler.lock = None; self.answer(200)
                def log_message(self, *words): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            open("port.new", "w").write(str(server.server_port)); os.rename("port.new", "port")
            server.serve_forever()
            """, to: "server.py")
        let server = try sandbox.start([], shell: "exec /usr/bin/python3 server.py")
        defer { server.kill() }
        try await wait(for: "the server") { sandbox.exists("port") }
        let port = try #require(sandbox.number("port"))
        try sandbox.infrastructure(
            """
            terraform {
              backend "http" {
                address        = "http://127.0.0.1:\(port)"
                lock_address   = "http://127.0.0.1:\(port)"
                unlock_address = "http://127.0.0.1:\(port)"
              }
            }

            """ + Terraform.noHosts)
        let locked = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(locked.code == 1 && locked.lastWord.contains("ID is 6a0b-77"), "\(locked)")
        #expect(try sandbox.body()["state"]["failure"]["error_kind"].text == "state_locked")
        let way = try #require(
            locked.lastWord.firstMatch(of: #/end the lock with: (\(cd .*? force-unlock -force \S+\))/#), "\(locked)")
        try await sandbox.shell("\(way.output.1)")
        let made = try await sandbox.run("my-env")
        #expect(made.code == 0, "\(made)")
    }
}
