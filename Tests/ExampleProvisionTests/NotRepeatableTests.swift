import OperatingSystem
import Testing

@Suite("An interrupted step that is not repeatable")
struct NotRepeatableTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Creates an environment that was stopped in the release's step `pay`.
    private func interrupted() async throws {
        try sandbox.workflow(
            provision: [
                Step("create_instance", "echo instance_address=::1 >> \"$OUTPUTS\"; echo made >> \"$HOME/made\"")
            ],
            release: [
                Step("stage", "true"),
                Step("pay", "echo paid >> \"$HOME/paid\"; test -e \"$HOME/go\" || sleep 86400", repeatable: false),
            ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json", "--until", "released"])
        try await wait(for: "the step") { sandbox.exists("home/paid") }
        program.signal(Signals.interrupt)
        #expect(await program.end().code == 130)
        try sandbox.continueTool()
    }

    @Test(
        "is not skipped by starting its phase or an earlier one again",
        arguments: ["provision", "configure", "release"])
    func from(phase: String) async throws {
        try await interrupted()
        for more in ["", " --dry-run"] {
            let refused = try await sandbox.type("example-provision my-env --until released --from \(phase)\(more)")
            #expect(refused.code == 78, "\(refused)")
            #expect(refused.lastWord.contains("its step pay may have run already"))
        }
        #expect(sandbox.lines("home/made").count == 1 && sandbox.lines("home/paid").count == 1)
        let refused = try await sandbox.type("example-provision my-env --until released --from \(phase) --json")
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(next == "example-provision my-env --until released --from \(phase) --rerun pay")
        #expect(try await sandbox.type(next).code == 0)
        #expect(sandbox.lines("home/made").count == (phase == "provision" ? 2 : 1))
        #expect(sandbox.lines("home/paid").count == 2)
    }

    @Test("is named by the next command that the status shows")
    func status() async throws {
        try await interrupted()
        let shown = try await sandbox.type("example-provision my-env --status")
        let next = "example-provision my-env --until released --rerun pay"
        #expect(shown.output.contains("next       \(next)\n"), "\(shown)")
        #expect(try await sandbox.type("example-provision my-env --status --json").json()["next"].text == next)
        #expect(try await sandbox.type(next).code == 0)
        #expect(sandbox.lines("home/paid").count == 2)
    }

    @Test("of a destroy is named there too")
    func destroy() async throws {
        try sandbox.workflow(destroy: [
            Step("wipe", "echo wiped >> \"$HOME/wiped\"; test -e \"$HOME/go\" || sleep 86400", repeatable: false)
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let program = try sandbox.start(["my-env", "--destroy"])
        try await wait(for: "the step") { sandbox.exists("home/wiped") }
        program.signal(Signals.interrupt)
        #expect(await program.end().code == 130)
        try sandbox.continueTool()
        let next = try #require(try await sandbox.type("example-provision my-env --status --json").json()["next"].text)
        #expect(next == "example-provision my-env --destroy --rerun wipe")
        #expect(try await sandbox.type(next).code == 0)
    }
}
