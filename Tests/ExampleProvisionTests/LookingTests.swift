import OperatingSystem
import Testing

@Suite("A read-only command", .serialized)
struct LookingTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("without an environment creates nothing")
    func nothing() async throws {
        let plan = try await sandbox.run("my-env", "--dry-run", "--json")
        #expect(plan.code == 0)
        #expect(
            try plan.json()["steps"].elements?.map { "\($0["command"].text ?? "") \($0["name"].text ?? "")" } == [
                "provision create_instance", "provision generate_keys", "provision wait_until_ready",
                "configure write_configuration", "configure verify_configuration",
            ])
        #expect(try plan.json()["changed"].truth == false)
        #expect(try await sandbox.run("my-env", "--status").code == 66)
        #expect(try await sandbox.run("my-env", "--destroy", "--dry-run").code == 66)
        #expect(try await sandbox.run("my-env", "--destroy").code == 66)
        #expect(!sandbox.exists("data") && !sandbox.exists("home/state"))
        #expect(try await sandbox.run("my-env", "--purge").code == 0)
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "changes nothing, in any state",
        arguments: ["created", "provisioned", "running", "interrupted", "failed", "destroyed", "destroying"])
    func changesNothing(state: String) async throws {
        try sandbox.workflow(
            provision: [.address, Step("two", "case \(state) in interrupted) kill -9 $PPID;; failed) exit 1;; esac")],
            destroy: [Step("one", "true"), Step("two", "test \(state) != destroying")])
        let deploy = ["my-env", "--workflow", "workflow.json"]
        switch state {
        case "created":
            // The state is saved, and then the busy lock cannot be used.
            try await sandbox.shell("mkdir -p data/my-env/busy")
            #expect(try await sandbox.run(deploy).code == 74)
            #expect(try sandbox.stateName() == "Created")
        case "provisioned": _ = try await sandbox.run(deploy + ["--until", "provisioned"])
        default: _ = try await sandbox.run(deploy + ["--until", "running"])
        }
        if state.hasPrefix("destroy") { _ = try await sandbox.run("my-env", "--destroy") }
        let before = try await sandbox.listing()
        for arguments in [
            ["--status"], ["--status", "--json"], ["--dry-run"], ["--dry-run", "--until", "running"],
            ["--dry-run", "--destroy"],
        ] {
            let outcome = try await sandbox.run(["my-env"] + arguments)
            #expect([0, 78].contains(outcome.code), "\(arguments)")
        }
        #expect(try await sandbox.listing() == before)
    }

    @Test("shows the state and the next command")
    func status() async throws {
        #expect(try await sandbox.run("my-env", "--until", "provisioned").code == 0)
        let text = try await sandbox.run("my-env", "--status")
        #expect(text.code == 0)
        #expect(text.output.contains("Provisioned") && text.output.contains("next       example-provision my-env\n"))
        let json = try await sandbox.run("my-env", "--status", "--json").json()
        #expect(json["state"].text == "provisioned" && json["serial"].integer == 9 && json["changed"].truth == false)
        #expect(json["next"].text == "example-provision my-env" && json["steps"].elements == [])
        let plan = try await sandbox.run("my-env", "--dry-run", "--until", "released", "--json").json()
        #expect(
            plan["steps"].elements?.map(\.["name"].text) == [
                "write_configuration", "verify_configuration", "stage_release", "switch_release",
            ])
    }

    @Test("shows a failure with its step and reason")
    func failure() async throws {
        try sandbox.workflow(provision: [.address, Step("fail", "exit 7"), Step("after", "true")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 1)
        let status = try await sandbox.run("my-env", "--status")
        #expect(status.output.contains("fail: exited with status 7") && status.output.contains("traces/"))
        #expect(status.output.contains("completed  create_instance"))
        let plan = try await sandbox.run("my-env", "--dry-run", "--json").json()
        #expect(plan["steps"].elements?.map(\.["name"].text) == ["fail", "after"])
    }

    @Test("needs no lock and no write permission", .enabled(if: StorageTests.isRoot, "needs root to mount read-only"))
    func readOnly() async throws {
        #expect(try await sandbox.run("my-env", "--until", "provisioned").code == 0)
        try await sandbox.shell("mount --bind data data && mount -o remount,bind,ro data")
        let looks = try await [sandbox.run("my-env", "--status"), sandbox.run("my-env", "--dry-run")]
        let deploy = try await sandbox.run("my-env")
        let fresh = try await sandbox.run("other")
        try await sandbox.shell("umount data")
        #expect(looks.map(\.code) == [0, 0])
        #expect(deploy.code == 74)
        #expect(deploy.lastWord.contains("Read-only file system"))
        #expect(fresh.code == 74)
        #expect(try await sandbox.run("my-env").code == 0)
    }
}
