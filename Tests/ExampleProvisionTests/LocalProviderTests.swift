import Foundation
import OperatingSystem
import Testing

@Suite("The local provider", .serialized)
struct LocalProviderTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("ends in Configured, reports its steps, and has nothing to do the second time")
    func configures() async throws {
        let first = try await sandbox.run("my-env")
        #expect(first.code == 0)
        #expect(first.output.contains("configured") && first.output.contains("5 steps run"))
        #expect(try sandbox.stateName() == "Configured")
        #expect(
            try sandbox.events() == [
                "create:null>created", "provision:created>provisioning",
                "provision:create_instance started", "provision:create_instance completed",
                "provision:generate_keys started", "provision:generate_keys completed",
                "provision:wait_until_ready started", "provision:wait_until_ready completed",
                "provision:provisioning>provisioned", "configure:provisioned>configuring",
                "configure:write_configuration started", "configure:write_configuration completed",
                "configure:verify_configuration started", "configure:verify_configuration completed",
                "configure:configuring>configured",
            ])
        try sandbox.checkStored()
        let before = try sandbox.state()
        let second = try await sandbox.run("my-env")
        #expect(second.code == 0)
        #expect(second.output.contains("nothing to do"))
        #expect(try sandbox.state() == before)
        #expect(try sandbox.history().count == before["serial"].integer)
    }

    @Test(
        "stops at the goal and continues from there",
        arguments: [
            (goal: "provisioned", state: "Provisioned"), ("configured", "Configured"), ("released", "Released"),
            ("running", "Running"),
        ])
    func goals(goal: String, state: String) async throws {
        let outcome = try await sandbox.run("my-env", "--until", goal)
        #expect(outcome.code == 0)
        #expect(try sandbox.stateName() == state)
        try sandbox.checkStored()
        let again = try await sandbox.run("my-env", "--until", "provisioned", "--json")
        #expect(again.code == 0)
        #expect(try again.json()["changed"].truth == false)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(try sandbox.stateName() == "Destroyed")
        try sandbox.checkStored()
    }

    @Test("reaches the goals one at a time as well as all at once")
    func goalByGoal() async throws {
        for goal in ["provisioned", "configured", "released", "running"] {
            let outcome = try await sandbox.run("my-env", "--until", goal, "--json")
            #expect(outcome.code == 0)
            #expect(try outcome.json()["state"].text == goal)
            #expect(try outcome.json()["changed"].truth == true)
        }
        try sandbox.checkStored()
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }

    @Test("starts a service that outlives the command and that destroy finds and ends")
    func service() async throws {
        #expect(try await sandbox.run("my-env", "--until", "running").code == 0)
        let service = try #require(try sandbox.outputs()["service_pid"].flatMap { Int32($0) })
        #expect(isAlive(service))
        let beat = sandbox.read("data/my-env/instance/heartbeat")
        try await wait(for: "another heartbeat") { sandbox.read("data/my-env/instance/heartbeat") != beat }
        let destroyed = try await sandbox.run("my-env", "--destroy")
        #expect(destroyed.code == 0)
        #expect(!isAlive(service))
        #expect(!sandbox.exists("data/my-env/instance"))
        #expect(!sandbox.exists("data/my-env/keys"))
    }

    @Test("makes a key pair that only its owner can read")
    func keys() async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        let modes = try await sandbox.shell("cd data/my-env/keys && stat -c '%n %a' . *")
        #expect(modes == ". 700\nid_ed25519 600\nid_ed25519.pub 600\n")
        let credentials = try sandbox.body()["ssh_credentials"]
        #expect(credentials["ssh_priv_key_path"].text == sandbox.path("data/my-env/keys/id_ed25519"))
        #expect(credentials["ssh_username"].text == "deploy")
        #expect(try sandbox.body()["ssh_port"].integer == 22)
        #expect(sandbox.read("data/my-env/state.json")?.contains("PRIVATE KEY") == false)
        try await sandbox.shell("ssh-keygen -y -f data/my-env/keys/id_ed25519 >/dev/null")
    }

    @Test("does not change a key of the user's own")
    func ownKey() async throws {
        try sandbox.write("mine", to: "key")
        try sandbox.write("mine too", to: "key.pub")
        let outcome = try await sandbox.run(
            "my-env", "--ssh-key", "key", "--ssh-user", "me", "--ssh-port", "2222")
        #expect(outcome.code == 0)
        let body = try sandbox.body()
        #expect(body["ssh_credentials"]["ssh_priv_key_path"].text == sandbox.path("key"))
        #expect(body["ssh_credentials"]["ssh_pub_key_path"].text == sandbox.path("key.pub"))
        #expect(body["ssh_credentials"]["ssh_username"].text == "me")
        #expect(body["ssh_port"].integer == 2222)
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(sandbox.read("key") == "mine" && sandbox.read("key.pub") == "mine too")
        #expect(!sandbox.exists("data/my-env/keys"))
    }

    @Test("keeps foreign files in the instance's folder")
    func foreignFiles() async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        try sandbox.write("precious", to: "data/my-env/instance/notes.txt")
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(sandbox.read("data/my-env/instance/notes.txt") == "precious")
        #expect(try await sandbox.shell("ls -A data/my-env/instance") == "notes.txt\n")
    }

    @Test("does not consider an existing folder its instance")
    func foreignInstance() async throws {
        try await sandbox.shell("mkdir -p data/my-env/instance && echo precious > data/my-env/instance/notes.txt")
        let outcome = try await sandbox.run("my-env")
        #expect(outcome.code == 65)
        #expect(outcome.lastWord.contains("the folder is not an environment's"))
        #expect(!sandbox.exists("data/my-env/state.json"))
        #expect(try await sandbox.shell("ls -A data/my-env/instance") == "notes.txt\n")
    }

    @Test("can be destroyed from every state, once, and purged, and created again")
    func purge() async throws {
        #expect(try await sandbox.run("my-env", "--until", "running").code == 0)
        let lineage = try sandbox.state()["lineage"].text
        let early = try await sandbox.run("my-env", "--purge")
        #expect(early.code == 78)
        #expect(early.lastWord.contains("--destroy"))
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        let again = try await sandbox.run("my-env", "--destroy")
        #expect(again.code == 0)
        #expect(again.output.contains("nothing to do"))
        let refused = try await sandbox.run("my-env")
        #expect(refused.code == 78)
        #expect(refused.lastWord.contains("--purge"))
        #expect(try await sandbox.run("my-env", "--purge").code == 0)
        #expect(try await sandbox.shell("ls -A data/my-env") == "state.json.lock\n")
        let repeated = try await sandbox.run("my-env", "--purge")
        #expect(repeated.code == 0)
        #expect(repeated.output.contains("nothing to do"))
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try sandbox.state()["lineage"].text != lineage)
        try sandbox.checkStored()
    }
}
