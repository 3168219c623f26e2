import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

/// Tests with folders of version 0.1; `VersionOne` contains one of each kind.
@Suite("A folder of version 1")
struct VersionOneTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/VersionOne"
    private static let interrupted = ["provisioning", "configuring", "releasing"]
    private static let failed = ["provision-failed", "configure-failed", "release-failed", "run-failed"]
    private static let completed = ["provisioned", "configured", "released", "running"]

    private func place(_ fixture: String, as name: String? = nil) async throws {
        let name = name ?? fixture
        try await sandbox.shell(
            """
            mkdir -p data; cp '\(Self.fixtures)/workflow.json' .
            cp -r '\(Self.fixtures)/\(fixture)' 'data/\(name)'
            if [ -e 'data/\(name)/record.json' ]; then
                mkdir -p '\(sandbox.emergency)'; mv 'data/\(name)/record.json' '\(sandbox.emergency)/\(name).10.json'
            fi
            """)
    }

    /// Returns the content of `state.json`, which in version 1 is the stored state.
    private func copy(_ name: String) throws -> JSON {
        let text = try #require(sandbox.read("data/\(name)/state.json"))
        return try JSON(text)
    }

    private func continueDeployment(_ name: String, until goal: String = "running") async throws -> Outcome {
        try await sandbox.run(name, "--workflow", "workflow.json", "--until", goal)
    }

    @Test("is shown and planned without a change of a single byte", arguments: completed + failed + interrupted)
    func shown(fixture: String) async throws {
        try await place(fixture)
        let before = try await sandbox.listing("data/\(fixture)")
        let shown = try await sandbox.run(fixture, "--status", "--json")
        #expect(shown.code == 0)
        #expect(try shown.json()["serial"].integer == copy(fixture)["serial"].integer)
        #expect(try await sandbox.run(fixture, "--workflow", "workflow.json", "--dry-run").code == 0)
        #expect(try await sandbox.listing("data/\(fixture)") == before)
    }

    @Test(
        "becomes a log with the first command, which continues with the next serial and repeats nothing",
        arguments: completed + failed + interrupted)
    func upgraded(fixture: String) async throws {
        try await place(fixture)
        let before = try copy(fixture)
        #expect(try await continueDeployment(fixture).code == 0)
        #expect(!sandbox.exists("home/made"), "the instance is there")
        guard fixture != "running" else { return }
        let lines = sandbox.logLines("data/\(fixture)/history.jsonl")
        let first = try JSON(lines[0])
        #expect(first["serial"] == before["serial"] && first["lineage"] == before["lineage"])
        #expect(try sandbox.state(fixture)["schema_version"].integer == 2)
        #expect(try sandbox.stateName(fixture) == "Running")
        // The earlier states are readable lines of the older file.
        let older = sandbox.logLines("data/\(fixture)/history.jsonl.1")
        #expect(older.count == (before["serial"].integer ?? 0) - 1)
        #expect(older.last?.contains("\"schema_version\":2") == true)
        #expect(!sandbox.exists("data/\(fixture)/backups"))
    }

    @Test("that is destroyed remains destroyed")
    func destroyed() async throws {
        try await place("destroyed")
        #expect(try await continueDeployment("destroyed").code == 78)
        #expect(try await sandbox.run("destroyed", "--purge").code == 0)
        #expect(try await sandbox.shell("ls -A data/destroyed") == "state.json.lock\n")
    }

    @Test(
        "that is damaged is refused with the command that repairs it",
        arguments: [
            "true", "rm state.json", "cp backups/state.9.json state.json", "rm -r state.json history.jsonl",
            "sed -i s/127.0.0.1/127.0.0.2/ state.json",
        ])
    func damaged(how: String) async throws {
        try await place("damaged", as: "configured")
        try await sandbox.shell("cd data/configured; \(how)")
        for arguments in [[], ["--purge"], ["--destroy"], ["--dry-run"]] {
            let refused = try await sandbox.run(["configured", "--workflow", "workflow.json"] + arguments)
            #expect(refused.code == 65, "\(arguments): \(refused)")
        }
        let refused = try await sandbox.run("configured", "--workflow", "workflow.json", "--json")
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(try await sandbox.type(next).code == 0, "\(next)")
        #expect(try await continueDeployment("configured").code == 0)
        #expect(!sandbox.exists("home/made"))
    }

    @Test("whose newest state is in a record is refused until the record is recovered")
    func recorded() async throws {
        try await place("recorded")
        let refused = try await sandbox.run("recorded", "--workflow", "workflow.json", "--json")
        #expect(refused.code == 74, "\(refused)")
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(next.contains("recorded.10.json"))
        #expect(try await sandbox.type(next).code == 0, "\(next)")
        #expect(!sandbox.exists("home/state/typed-environments/emergency/recorded.10.json"))
        #expect(try await continueDeployment("recorded").code == 0)
        #expect(!sandbox.exists("home/made"))
    }
}
