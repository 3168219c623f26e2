import OperatingSystem
import Testing

/// Tests that cause a failure, run the command in its last line, and check the result.
@Suite("The command that a failure names")
struct HintTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Returns the command after `Next:` in the last line.
    private func next(_ outcome: Outcome) throws -> String {
        let command = try #require(outcome.lastWord.firstMatch(of: #/ Next: (.+)$/#), "\(outcome)").output.1
        return String(command)
    }

    private func typeNext(_ outcome: Outcome) async throws -> Outcome { try await sandbox.type(try next(outcome)) }

    /// The step `act` adds a line to the file `acted`; the step `needs_go` fails while there is no file `go`.
    private static let act = Step("act", "echo acted >> \"$HOME/acted\"")
    private static let needsGo = Step("needs_go", "test -e \"$HOME/go\"")

    @Test("of a failed step retries it; after that same command, it shows why the step failed")
    func failedStep() async throws {
        try sandbox.workflow(provision: [.address, Self.act, Self.needsGo])
        let first = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(first.code == 1 && first.lastWord.contains("Repair the cause first."))
        let second = try await typeNext(first)
        #expect(second.code == 1, "\(second)")
        #expect(try next(second) == "example-provision my-env --status")
        #expect(second.lastWord.contains("Repair the cause, then retry: example-provision my-env."))
        let shown = try await typeNext(second)
        #expect(shown.code == 0 && shown.output.contains("failed     needs_go"))
        #expect(shown.output.contains("trace      \(sandbox.data)/my-env/traces/"))
        try sandbox.continueTool()
        let way = try #require(shown.output.firstMatch(of: #/next +(.+)\n/#)).output.1
        #expect(try await sandbox.type(String(way)).code == 0)
        #expect(sandbox.lines("home/acted").count == 1)
    }

    @Test(
        "after a failed save applies the record, and no command repeats the step",
        arguments: [nil, "my-env", "my-env --status"])
    func record(typedBetween: String?) async throws {
        // The first save after the side effect fails, and everything else fails until the folder is writable again.
        try sandbox.workflow(provision: [
            .address,
            Step(
                "pay", "echo paid >> \"$HOME/paid\"; mv \"$DATA_DIR/my-env/state.json.lock\" \"$HOME/lock\"",
                repeatable: false),
            Self.act,
        ])
        let failed = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(failed.code == 74 && !sandbox.exists("home/acted"), "\(failed)")
        try await sandbox.shell("mv home/lock data/my-env/state.json.lock")
        #expect(try next(failed).hasPrefix("example-provision my-env --recover "))
        #expect(!failed.lastWord.contains("run the command again"))
        var before = failed
        if let typedBetween {
            let between = try await sandbox.type("example-provision \(typedBetween)")
            if typedBetween.hasSuffix("--status") {
                #expect(between.output.contains("next       \(try next(failed))"), "\(between)")
            } else {
                // The command is refused, and suggests the record as well.
                #expect(between.code == 74, "\(between)")
                before = between
            }
        }
        #expect(sandbox.lines("home/paid").count == 1)
        let recovered = try await typeNext(before)
        #expect(recovered.code == 0, "\(recovered)")
        let way = try #require(recovered.output.firstMatch(of: #/next +(.+)\n/#)).output.1
        #expect(try await sandbox.type(String(way)).code == 0)
        #expect(sandbox.lines("home/paid").count == 1 && sandbox.lines("home/acted").count == 1)
    }

    @Test("after a stop in a step that is not repeatable confirms the step")
    func notRepeatable() async throws {
        try sandbox.workflow(provision: [
            .address, Step("pay", "echo paid >> \"$HOME/paid\"; test -e \"$HOME/go\" || sleep 600", repeatable: false),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/paid") }
        program.signal(Signals.interrupt)
        let stopped = await program.end()
        #expect(try next(stopped) == "example-provision my-env --rerun pay")
        try sandbox.continueTool()
        let refused = try await sandbox.type("example-provision my-env")
        #expect(refused.code == 78)
        #expect(try next(refused) == "example-provision my-env --rerun pay")
        #expect(try await typeNext(refused).code == 0)
        #expect(sandbox.lines("home/paid").count == 2)
    }

    @Test("of a held environment shows the holder")
    func held() async throws {
        try sandbox.workflow(provision: [.address, Step("long", "touch \"$HOME/begun\"; sleep 600")])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/begun") }
        let refused = try await sandbox.type("example-provision my-env --lock-timeout 0")
        #expect(refused.code == 75)
        let shown = try await typeNext(refused)
        #expect(shown.code == 0 && shown.output.contains("held by    process \(program.identifier)"), "\(shown)")
        #expect(!shown.output.contains("next  "))
        let json = try await sandbox.type("example-provision my-env --status --json").json()
        #expect(json["next"].text == nil && json["holder"]["pid"].integer == Int(program.identifier))
        program.signal(Signals.interrupt)
        _ = await program.end()
    }

    @Test("shows a running process of an earlier step")
    func busy() async throws {
        try sandbox.workflow(provision: [.address, Self.needsGo])
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json")
        let orphan = try sandbox.start(
            [], shell: "exec 3<>data/my-env/busy; flock 3; touch home/locked; exec sleep 600")
        try await wait(for: "the lock") { sandbox.exists("home/locked") }
        let refused = try await sandbox.type("example-provision my-env --lock-timeout 0")
        #expect(refused.code == 75, "\(refused)")
        let shown = try await typeNext(refused)
        #expect(shown.output.contains("at work    \(orphan.identifier) (sleep 600)"), "\(shown)")
        let kill = try #require(refused.lastWord.firstMatch(of: #/kill [0-9 ]+/#)).output
        try await sandbox.shell(String(kill))
        _ = await orphan.end()
        try sandbox.continueTool()
        #expect(try await sandbox.type("example-provision my-env").code == 0)
    }

    @Test("of a damaged state recovers the newest undamaged one")
    func damaged() async throws {
        try sandbox.workflow()
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json")
        try await sandbox.shell("truncate -s 100 data/my-env/state.json")
        let refused = try await sandbox.type("example-provision my-env")
        #expect(refused.code == 65)
        #expect(try await typeNext(refused).code == 0)
        #expect(try await sandbox.type("example-provision my-env").code == 0)
    }

    @Test("with another provider, or with moved completed steps, shows the state")
    func workflowChanged() async throws {
        try sandbox.workflow(provision: [.address, Self.act, Self.needsGo])
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json")
        let other = try await sandbox.type("example-provision my-env --provider local")
        try sandbox.workflow(provision: [Self.act, .address, Self.needsGo])
        let moved = try await sandbox.type("example-provision my-env")
        for refused in [other, moved] {
            #expect(refused.code == 78)
            let shown = try await typeNext(refused)
            #expect(shown.code == 0 && shown.output.contains("next       example-provision my-env\n"), "\(shown)")
        }
    }

    @Test("of a stale lock in a state backend removes it", .enabled(if: Terraform.isThere, Terraform.reason))
    func staleLock() async throws {
        let server = try sandbox.start(
            [],
            shell: """
                exec python3 -c '
                import http.server, json, sys
                class Handler(http.server.BaseHTTPRequestHandler):
                    lock = {"ID": "6d2b2e1c", "Operation": "OperationTypeApply", "Who": "me@gone"}
                    state = None
                    def body(self): return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    def answer(self, code, body=b""):
                        self.send_response(code); self.send_header("Content-Length", str(len(body)))
                        self.end_headers(); self.wfile.write(body)
                    def do_GET(self): self.answer(200 if Handler.state else 404, Handler.state or b"")
                    def do_POST(self): Handler.state = self.body(); self.answer(200)
                    def do_LOCK(self):
                        asked = json.loads(self.body())
                        if Handler.lock: return self.answer(423, json.dumps(Handler.lock).encode())
                        Handler.lock = asked; self.answer(200)
                    def do_UNLOCK(self):
                        asked = json.loads(self.body() or b"{}")
                        if asked.get("ID") not in (None, (Handler.lock or {}).get("ID")): return self.answer(409)
                        Handler.lock = None; self.answer(200)
                    def log_message(self, *words): pass
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
                open(sys.argv[1], "w").write(str(server.server_address[1]) + "\\n")
                server.serve_forever()
                ' "$HOME/port"
                """)
        try await wait(for: "the port") { sandbox.read("home/port")?.hasSuffix("\n") == true }
        let place = "http://127.0.0.1:\(try #require(sandbox.number("home/port")))/state"
        try sandbox.infrastructure(
            """
            terraform {
              backend "http" {
                address        = "\(place)"
                lock_address   = "\(place)"
                unlock_address = "\(place)"
              }
            }
            """ + Terraform.noHosts)
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra")
        #expect(failed.code == 1 && failed.lastWord.contains("6d2b2e1c"), "\(failed)")
        let command = try #require(failed.lastWord.firstMatch(of: #/end the lock with: (.+?)\. Trace/#), "\(failed)")
            .output.1
        #expect(try await sandbox.type(String(command)).code == 0)
        #expect(try await typeNext(failed).code == 0)
        server.kill()
        _ = await server.end()
    }

    @Test("purges a destroyed environment before a new one, and resumes an unfinished destroy")
    func destroyed() async throws {
        try sandbox.workflow(destroy: [Self.needsGo])
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json")
        let half = try await sandbox.type("example-provision my-env --destroy")
        #expect(half.code == 1)
        #expect(try next(half) == "example-provision my-env --status")
        let refused = try await sandbox.type("example-provision my-env")
        #expect(refused.code == 78)
        try sandbox.continueTool()
        #expect(try await typeNext(refused).code == 0)
        let gone = try await sandbox.type("example-provision my-env")
        #expect(gone.code == 78)
        #expect(try await typeNext(gone).code == 0)
        #expect(try await sandbox.type("example-provision my-env --workflow workflow.json").code == 0)
    }
}
