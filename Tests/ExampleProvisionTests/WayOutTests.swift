import OperatingSystem
import Testing

/// Tests that cause an error and follow the advice in its message.
@Suite("The solution that a refusal suggests")
struct WayOutTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(
        "moves away an obstacle for the data folder or a lock, and never repeats the same command",
        arguments: [
            "echo mine > data", "mkfifo data", "ln -s data data", "ln -s nowhere data",
            "mkdir data && echo mine > data/my-env", "mkdir data && ln -s nowhere data/my-env",
            "mkdir -p data/my-env && mkfifo data/my-env/state.json.lock",
            "mkdir -p data/my-env/state.json.lock", "mkdir -p data/my-env && ln -s nowhere data/my-env/state.json.lock",
            "mkdir -p data/my-env && touch data/my-env/state.json.lock && mkfifo data/my-env/busy",
        ])
    func misplaced(obstacle: String) async throws {
        try sandbox.workflow()
        try await sandbox.shell(obstacle)
        let command = "example-provision my-env --workflow workflow.json"
        let refused = try await sandbox.type(command)
        #expect(refused.code == 74, "\(refused)")
        #expect(!refused.lastWord.contains("Next:"), "\(refused)")
        #expect(try await sandbox.type("\(command) --json").json()["error"]["next"].text == nil)
        let move = try #require(refused.lastWord.firstMatch(of: #/\((mv -n [^)]+)\)/#), "\(refused)").1
        #expect(try await sandbox.type(String(move)).code == 0)
        let after = try await sandbox.type(command)
        #expect(after.code == 0, "\(after)")
        #expect(try await sandbox.shell("find . -name '*.moved' | wc -l") == "1\n")
    }

    @Test(
        "for a folder without permissions gives its owner access",
        .enabled(if: ThisProcess.userIdentifier == 0, "needs root, to become another user"),
        arguments: ["chmod 000 data", "chmod 500 data/my-env", "chmod 000 data/my-env/state.json"])
    func permissions(change: String) async throws {
        let user = "setpriv --reuid 65534 --regid 65534 --clear-groups"
        try sandbox.workflow(provision: [.address, Step("needs_go", "test -e go")])
        try await sandbox.shell("chmod 755 . home && mkdir own && cp workflow.json own && chown -R 65534:65534 own")
        let run = "cd own && \(user) env HOME=$PWD XDG_STATE_HOME=$PWD/state \"$@\" my-env --workflow workflow.json"
        #expect(try await sandbox.run([], shell: run).code == 1)
        try await sandbox.shell("touch own/go; cd own && \(change)")
        let refused = try await sandbox.run([], shell: run)
        #expect(refused.code == 74 && !refused.lastWord.contains("Next:"), "\(refused)")
        let way = try #require(refused.lastWord.firstMatch(of: #/\((chmod [^)]+)\)/#), "\(refused)").1
        try await sandbox.shell("cd own && \(user) \(way)")
        #expect(try await sandbox.run([], shell: run).code == 0)
        // The error for another user names the owner.
        try await sandbox.shell("chown -R 65533 own/data")
        let foreign = try await sandbox.run([], shell: run)
        #expect(foreign.code == 74 && !foreign.lastWord.contains("Next:"), "\(foreign)")
        #expect(foreign.lastWord.contains("belongs to the user #65533"), "\(foreign)")
    }

    @Test("for a renamed completed step starts the phase again, or shows the state")
    func renamed() async throws {
        try sandbox.workflow(provision: [.address, Step("first", "true"), Step("needs_go", "test -e \"$HOME/go\"")])
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json")
        try sandbox.workflow(provision: [.address, Step("other", "true"), Step("needs_go", "true")])
        let refused = try await sandbox.type("example-provision my-env --workflow workflow.json")
        #expect(refused.code == 78, "\(refused)")
        #expect(refused.lastWord.hasSuffix("Next: example-provision my-env --status"))
        let way = try #require(
            refused.lastWord.firstMatch(
                of: #/start the phase again: (example-provision .+ --from provision .+)\. Next/#)
        ).1
        #expect(try await sandbox.type(String(way)).code == 0)
    }

    @Test("for a missing instance_address starts the phase again, after the step was repaired")
    func addressMissing() async throws {
        try sandbox.workflow(provision: [Step("make", "true"), Step("last", "true")])
        let failed = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(failed.code == 1, "\(failed)")
        #expect(failed.lastWord.hasSuffix("Next: example-provision my-env --status"))
        try sandbox.workflow(provision: [
            Step("make", "echo instance_address=10.0.0.1 >> \"$OUTPUTS\""), Step("last", "true"),
        ])
        let way = try #require(
            failed.lastWord.firstMatch(of: #/start the phase again: (example-provision .+)\. Next/#), "\(failed)"
        ).1
        #expect(try await sandbox.type(String(way)).code == 0)
    }

    @Test("for a different option of a new environment omits it; an equal option has no effect")
    func loginOfAnother() async throws {
        try sandbox.workflow()
        let command = "example-provision my-env --workflow workflow.json --ssh-user me --ssh-port 23"
        #expect(try await sandbox.type(command).code == 0)
        #expect(try await sandbox.type(command).code == 0)
        for (option, value) in [("user", "you"), ("port", "24"), ("key", "/elsewhere"), ("jump", "bastion")] {
            for more in ["", " --quiet", " --json", " --until released", " --dry-run"] {
                let refused = try await sandbox.type("example-provision my-env --ssh-\(option) \(value)\(more)")
                #expect(refused.code == 78, "\(refused)")
                #expect(refused.lastWord.contains("--ssh-\(option) is \(value) and not "), "\(refused)")
            }
        }
        #expect(try sandbox.stateName() == "Configured")
    }

    @Test("at a reached goal names the other steps that are not run, also in JSON")
    func otherWorkflow() async throws {
        try sandbox.workflow(provision: [.address], configure: [Step("install", "true")])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        try sandbox.workflow(
            provision: [.address, Step("more", "echo more >> \"$HOME/more\"")], configure: [Step("install", "true")],
            to: "other.json")
        let plain = try await sandbox.type("example-provision my-env --workflow other.json")
        #expect(plain.code == 0 && plain.output.contains("nothing to do"), "\(plain)")
        #expect(plain.output.contains("the steps of provision were changed after it was completed"), "\(plain)")
        let json = try await sandbox.type("example-provision my-env --workflow other.json --json").json()
        let notes = json["notes"].elements?.compactMap(\.text) ?? []
        #expect(notes.contains { $0.contains("keeps \(sandbox.path("workflow.json"))") }, "\(notes)")
        let way = try #require(notes.first?.firstMatch(of: #/to run it: (example-provision .+)$/#), "\(notes)").1
        #expect(!sandbox.exists("home/more"))
        #expect(try await sandbox.type(String(way)).code == 0)
        #expect(sandbox.lines("home/more") == ["more"])
        // Changed steps of the decisive phase are refused.
        try sandbox.workflow(provision: [.address], configure: [Step("install", "echo")], to: "third.json")
        #expect(try await sandbox.type("example-provision my-env --workflow third.json").code == 78)
    }
}
