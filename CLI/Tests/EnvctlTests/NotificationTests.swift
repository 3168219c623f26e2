import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Notifications")
struct NotificationTests {
    /// A sandbox whose configuration tells a script everything; the script appends each notice to the file `notices`.
    private func notified(
        _ script: String = "cat >> notices", events: [String] = ["failed", "finished", "waiting", "frozen", "drift"],
        timeout: Double = 300
    ) throws -> Sandbox {
        let sandbox = try Sandbox()
        try configure(sandbox, script, events: events, timeout: timeout)
        return sandbox
    }

    private func configure(
        _ sandbox: Sandbox, _ script: String = "cat >> notices",
        events: [String] = ["failed", "finished", "waiting", "frozen", "drift"], timeout: Double = 300
    ) throws {
        let on = try JSONValue.array(events.map { .string($0) }).jsonText()
        let run = try JSONValue.string(script).jsonText()
        try sandbox.write(
            #"{"notifications": {"log": {"on": \#(on), "run": \#(run), "timeout_seconds": \#(timeout)}}}"#,
            to: ".envctl.json")
    }

    private func notices(_ sandbox: Sandbox) throws -> [JSONValue] {
        try sandbox.lines("notices").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    private func told(_ sandbox: Sandbox) throws -> [String] {
        try notices(sandbox).map {
            "\($0["environment"]?.string ?? "") \($0["event"]?.string ?? "") \($0["command"]?.string ?? "")"
        }
    }

    @Test("Each event is told once, in order, with an identifier of its own")
    func events() async throws {
        let sandbox = try notified()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.failed("shop")
        try await sandbox.shell("rm -r data/web/instance/*")
        #expect(try await sandbox.run("validate", "web").code == 2)
        try await sandbox.succeed("freeze", "web", "--reason", "the fair goes on")
        let program = try await sandbox.atWork("job", survives: false)
        program.signal(SIGINT)
        #expect(try await program.end().code == 130)
        try await sandbox.succeed("list")
        #expect(
            try told(sandbox) == [
                "web finished provision", "web finished configure", "shop finished provision", "shop failed configure",
                "web drift validate", "web frozen freeze", "job finished provision", "job waiting configure",
            ])
        let all = try notices(sandbox)
        #expect(Set(all.compactMap { $0["id"]?.string }).count == all.count)
        let failed = try #require(all.first { $0["event"]?.string == "failed" })
        #expect(failed["message"]?.string == "shop: configure failed in step step_1: exited with status 1")
        #expect(failed["step"]?.string == "step_1" && failed["state"]?.string == "configure_failed")
        #expect(
            all.first { $0["event"]?.string == "frozen" }?["message"]?.string == "web: it was frozen: the fair goes on")
        let lineage = try await sandbox.succeed("show", "shop", "--json").json()["lineage"]?.string ?? ""
        #expect(failed["id"]?.string == "\(lineage)-\(failed["serial"]?.integer ?? 0)-failed")
    }

    @Test("Running, releasing and destroying are told when they are complete, and other events are not told")
    func complete() async throws {
        let sandbox = try notified(events: ["finished"])
        try sandbox.workflow([
            "configure": ["true"], "release": ["true"], "run": ["true", "true"], "destroy": ["true"],
        ])
        try await sandbox.succeed(
            "deploy", "web", "--create", "--workflow", "workflow.json", "--until", "running")
        try await sandbox.succeed("freeze", "web", "--reason", "x")
        try await sandbox.succeed("unfreeze", "web")
        try await sandbox.succeed("destroy", "web", "--yes")
        #expect(
            try told(sandbox)
                == ["provision", "configure", "release", "run", "destroy"].map { "web finished \($0)" })
    }

    @Test("The script has the notice in variables too, and what belongs to the caller")
    func variables() async throws {
        let sandbox = try notified(
            "echo \"$EVENT $EVENT_ID $ENVIRONMENT_NAME $MESSAGE $PROGRAM\" >> notices", events: ["finished"])
        try await sandbox.succeed("provision", "web", "--create")
        let line = try #require(sandbox.lines("notices").first)
        #expect(line.contains(/^finished [0-9a-f]{32}-\d+-finished web web: provision is complete \//), "\(line)")
    }

    @Test("The first use begins at the present, and what comes then is told")
    func firstUse() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("shop")
        try configure(sandbox)
        #expect(try await sandbox.succeed("notify").output == "nothing to deliver\n")
        #expect(try await sandbox.run("retry", "shop").code == 1)
        #expect(try told(sandbox) == ["shop failed configure"])
        #expect(try await sandbox.succeed("notify").output == "nothing to deliver\n")
        #expect(try told(sandbox).count == 1)
    }

    @Test("A target that fails neither fails a command nor loses a notice; the doctor shows it and notify tries again")
    func failing() async throws {
        let sandbox = try notified("test -e up || { echo the line is down; exit 3; }; cat >> notices")
        let outcome = try await sandbox.succeed("deploy", "web", "--create")
        #expect(outcome.errors.contains("a notification was not delivered; it is tried again"))
        #expect(outcome.errors.contains("exited with status 3: the line is down"))
        // It is not tried again at once.
        #expect(try await !sandbox.succeed("show", "web").errors.contains("not delivered"))
        let doctor = try await sandbox.succeed("doctor", "web")
        #expect(doctor.output.contains("2 notifications to log cannot be delivered since"), "\(doctor)")
        #expect(doctor.output.contains("exited with status 3: the line is down"))
        #expect(try doctor.next() == "envctl notify web")
        let inVain = try await sandbox.run("notify", "web")
        #expect(inVain.code == 74)
        #expect(sandbox.lines("notices").isEmpty)
        try sandbox.write("", to: "up")
        #expect(try await sandbox.succeed("notify", "web").output == "web: 2 to log\n")
        #expect(try told(sandbox) == ["web finished provision", "web finished configure"])
        #expect(try await !sandbox.succeed("doctor", "web").output.contains("notification"))
    }

    @Test("A target that hangs is ended, with all that it started, and does not keep another one from being told")
    func hanging() async throws {
        let sandbox = try notified("echo $$ > hanging; trap '' INT TERM; sleep 600", timeout: 0.5)
        let text = try #require(sandbox.read(".envctl.json"))
        try sandbox.write(
            text.replacing("{\"log\":", with: #"{"zeta": {"on": ["finished"], "run": "cat >> notices"}, "log":"#),
            to: ".envctl.json")
        let outcome = try await sandbox.succeed("provision", "web", "--create")
        #expect(outcome.errors.contains("it took longer than 0.50 s"), "\(outcome)")
        #expect(try told(sandbox) == ["web finished provision"])
        try await sandbox.shell("! kill -0 $(cat hanging) 2>/dev/null")
        #expect(
            try await sandbox.shell("ls -A data/.notifications/web") == "log.json\nlog.lock\nzeta.json\nzeta.lock\n")
    }

    @Test("A kill in a step loses nothing: the next command of any kind tells what was saved")
    func killedCommand() async throws {
        let sandbox = try notified()
        let program = try await sandbox.atWork("job", survives: false)
        program.signal(SIGKILL)
        _ = try await program.end()
        #expect(sandbox.lines("notices").isEmpty)
        try await sandbox.succeed("list")
        #expect(try told(sandbox) == ["job finished provision"])
        try await sandbox.succeed("list")
        #expect(try told(sandbox).count == 1)
    }

    @Test("A kill while a notice is delivered loses nothing: it is delivered again, with the same identifier")
    func killedDelivery() async throws {
        let sandbox = try notified(
            "echo $EVENT_ID >> begun; test -e go || sleep 600; cat >> notices", events: ["finished"])
        let program = try sandbox.start(["provision", "web", "--create"])
        try await wait(for: "the delivery") { !sandbox.lines("begun").isEmpty }
        program.signal(SIGKILL)
        _ = try await program.end()
        try sandbox.write("", to: "go")
        try await sandbox.succeed("notify")
        #expect(try told(sandbox) == ["web finished provision"])
        let begun = sandbox.lines("begun")
        #expect(begun.count == 2 && Set(begun).count == 1)
        #expect(try notices(sandbox).first?["id"]?.string == begun.first)
    }

    @Test("What another program saved is told too")
    func otherProgram() async throws {
        let sandbox = try notified()
        try await sandbox.succeed("create", "web")
        try await sandbox.shell("mv .envctl.json aside")
        try await sandbox.succeed("provision", "web")
        try await sandbox.shell("mv aside .envctl.json")
        #expect(try await sandbox.succeed("notify").output == "web: 1 to log\n")
    }

    @Test("A folder that cannot be used keeps no command from its work, and the doctor shows it")
    func unusableFolder() async throws {
        let sandbox = try notified()
        try await sandbox.succeed("create", "web")
        try await sandbox.shell("rm -r data/.notifications; echo mine > data/.notifications")
        let outcome = try await sandbox.succeed("provision", "web")
        #expect(outcome.errors.contains("data/.notifications"), "\(outcome)")
        #expect(try await sandbox.succeed("doctor", "web").output.contains("Notifications to log cannot be delivered"))
        #expect(sandbox.read("data/.notifications") == "mine\n")
        try await sandbox.succeed("list")
    }

    @Test(
        "A store that changed its owner is told of, and nothing is written into it",
        .enabled(if: getuid() == 0, "only root can give a folder away"))
    func changedOwner() async throws {
        let sandbox = try notified()
        try await sandbox.succeed("provision", "web", "--create")
        try await sandbox.shell("chown -R 65534 data/.notifications")
        let before = try await sandbox.listing("data/.notifications")
        let outcome = try await sandbox.succeed("configure", "web")
        #expect(
            outcome.errors.contains("cannot be delivered") || outcome.errors.contains("not delivered"), "\(outcome)")
        #expect(try await sandbox.listing("data/.notifications") == before)
        #expect(try await sandbox.succeed("doctor", "web").output.contains("Notifications to log cannot be delivered"))
        try await sandbox.shell("chown -R 0 data/.notifications")
        try await sandbox.succeed("list")
        #expect(try told(sandbox) == ["web finished provision", "web finished configure"])
    }

    @Test("A cursor that is damaged is said, and not taken for an empty one")
    func damagedCursor() async throws {
        let sandbox = try notified()
        try await sandbox.succeed("provision", "web", "--create")
        try sandbox.write("{", to: "data/.notifications/web/log.json")
        let outcome = try await sandbox.succeed("configure", "web")
        #expect(outcome.errors.contains("log.json is damaged"), "\(outcome)")
        #expect(try told(sandbox).count == 1)
        #expect(try await sandbox.succeed("doctor", "web").output.contains("log.json is damaged"))
    }

    @Test("A purge tells before, and leaves no cursor; an environment of the same name is another one")
    func purge() async throws {
        let sandbox = try notified("test -e up && cat >> notices")
        try await sandbox.succeed("provision", "web", "--create")
        try await sandbox.succeed("destroy", "web", "--yes")
        try sandbox.write("", to: "up")
        try await sandbox.succeed("notify")
        try await sandbox.succeed("purge", "web", "--yes")
        #expect(!sandbox.exists("data/.notifications/web"))
        #expect(try told(sandbox) == ["web finished provision", "web finished destroy"])
        try await sandbox.succeed("provision", "web", "--create")
        #expect(try told(sandbox).count == 3)
    }

    @Test("Without notifications the command says so, and nothing is written")
    func none() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let outcome = try await sandbox.run("notify")
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.contains(".envctl.json"))
        #expect(!sandbox.exists("data/.notifications"))
    }

    private static let webhookTools = ["curl", "python3"].allSatisfy { tool in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
        }
    }

    @Test(
        "A webhook gets the notice as JSON, its address is on no command line, and an error is a failure",
        .enabled(if: NotificationTests.webhookTools, "curl or python3 is not installed"))
    func webhook() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(
            """
            import http.server, os
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    os.system("ps -e -o args > processes")
                    ok = os.path.exists("up")
                    if ok: open("notices", "ab").write(body + b"\\n")
                    open("types", "a").write(self.headers["Content-Type"] + " " + self.path + "\\n")
                    self.send_response(204 if ok else 500); self.end_headers()
                def log_message(self, *arguments): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            open("port.new", "w").write(str(server.server_port)); os.rename("port.new", "port")
            server.serve_forever()
            """, to: "server.py")
        let server = try sandbox.start([], shell: "exec python3 server.py")
        try await wait(for: "the server") { sandbox.exists("port") }
        let port = try #require(sandbox.read("port"))
        try sandbox.write(
            #"{"notifications": {"hook": {"on": ["failed"], "webhook": "http://127.0.0.1:\#(port)/secret?a=%22b"}}}"#,
            to: ".envctl.json")
        try sandbox.write(
            #"{"provision": [{"name": "make", "run": "echo \"a \\\"quoted\\\" line\\\\\"; exit 6"}]}"#, to: "w.json")
        let outcome = try await sandbox.run("deploy", "web", "--create", "--workflow", "w.json")
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("500"), "\(outcome)")
        #expect(!outcome.errors.contains("secret"))
        #expect(sandbox.read("processes")?.contains("curl --config -") == true)
        #expect(sandbox.read("processes")?.contains("secret") == false)
        try sandbox.write("", to: "up")
        try await sandbox.succeed("notify")
        #expect(try told(sandbox) == ["web failed provision"])
        #expect(sandbox.lines("types").last == "application/json /secret?a=%22b")
        server.signal(SIGKILL)
        _ = try await server.end()
    }
}
