import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of folders of version 1 and of earlier ones.
@Suite("Upgrade of earlier versions", .silentLog)
struct UpgradeTests {
    private static func golden(_ state: LifecycleState) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"
        return try text("\(folder)/\(state.rawValue).json")
    }

    /// Runs `body` with a folder of version 1: the state, the history and one backup.
    private func withFolder(
        _ state: LifecycleState, _ body: (TestFiles) async throws -> Void
    ) async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p \(files.environmentFolder)/backups")
            let document = try Self.golden(state)
            try overwrite(files.state, document.utf8)
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: Any])
            let line = try JSONSerialization.data(
                withJSONObject: try #require(root["event"]), options: [.sortedKeys, .withoutEscapingSlashes])
            try overwrite(files.history, Data("the first line\n".utf8) + line + Data("\n".utf8))
            try await body(files)
        }
    }

    @Test(
        "A state of version 1 is read unchanged and converted by the first lease", arguments: LifecycleState.allCases)
    func upgraded(state: LifecycleState) async throws {
        try await withFolder(state) { files in
            let before = try bytes(files.state)
            let read = try #require(try await files.stored())
            #expect(read.document == (try Sample.environment(state)) && read.serial == 2)
            #expect(try bytes(files.state) == before, "a load changes nothing")
            await (try files.lease()).release()
            let stored = try #require(try await files.stored())
            #expect(stored.document == read.document && stored.serial == 2 && stored.lineage == read.lineage)
            #expect(stored.line?.event == read.line?.event)
            #expect(try text(files.history + ".1").hasPrefix("the first line\n"))
            #expect(!exists(files.environmentFolder + "/backups"))
            #expect(LogLine(pretty: try bytes(files.state))?.serial == 2)
            try await files.save()
            #expect(try await files.stored()?.serial == 3)
        }
    }

    @Test(
        "A contradiction to a state of version 1 stops the upgrade",
        arguments: [
            "sed -i 's/\"serial\":2/\"serial\":3/' history.jsonl", "sed -i s/env-my-env/env-other/ state.json",
            "sed -i 's/provision/configure/' history.jsonl",
        ])
    func contradicted(touch: String) async throws {
        try await withFolder(.provisioned) { files in
            try await shell("cd \(files.environmentFolder); \(touch)")
            let before = try bytes(files.state)
            #expect(try await refusal { try await files.save() }.code == .corruptedStateFile)
            #expect(try bytes(files.state) == before)
        }
    }

    /// Adds a record of the same lineage with the next serial.
    private func addRecord(_ files: TestFiles) throws -> (path: String, document: AnyEnvironmentState) {
        let document = try Sample.environment(.configured)
        let lineage = try #require(try Sample.stored().lineage)
        let line = LogLine(
            serial: 3, lineage: lineage.text, previous: nil,
            object: try EnvironmentDocument.format.object(document, event: Sample.transition(), missed: []))
        try FileManager.default.createDirectory(atPath: files.emergency, withIntermediateDirectories: true)
        let path = files.emergency + "/my-env.3.json"
        try overwrite(path, line.pretty)
        return (path, document)
    }

    @Test("A newer record stops the upgrade until it is recovered", arguments: [true, false])
    func pendingRecord(isRecovered: Bool) async throws {
        try await withFolder(.provisioned) { files in
            let record = try addRecord(files)
            let (state, history) = (try bytes(files.state), try bytes(files.history))
            let error = try await refusal { try await files.save() }
            #expect(error.code == .recordPending && error.message.contains(record.path))
            #expect(try await files.repository.emergencyRecord(of: files.name) == record.path)
            #expect(try bytes(files.state) == state)
            #expect(try bytes(files.history) == history)
            #expect(!exists(files.history + ".1"))
            if isRecovered {
                try await files.repository.recover(record.path, for: files.name)
                #expect(try await files.stored()?.document == record.document)
            } else {
                try await files.repository.decline(record.path, for: files.name, reason: nil)
                #expect(try await files.stored()?.document == (try Sample.environment(.provisioned)))
            }
            #expect(!exists(record.path))
            #expect(try await files.stored()?.serial == 3)
            #expect(try await files.repository.states(of: files.name) == [2, 3])
            #expect(try text(files.history + ".1").hasPrefix("the first line\n"))
            try await files.save()
            #expect(try await files.stored()?.serial == 4)
        }
    }

    @Test("A bare document is read, and the first save continues it")
    func bare() async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p \(files.environmentFolder)")
            let environment = try Sample.environment(.provisioned)
            try overwrite(files.state, JSONEncoder().encode(environment))
            #expect(try await files.stored()?.document == environment)
            #expect(try await files.stored()?.serial == 0)
            try await files.save()
            #expect(try await files.repository.state(of: files.name, at: 1)?.document == environment)
            #expect(try await files.stored()?.serial == 2)
        }
    }

    @Test("A document with only its name, instance and account is read, and the next save upgrades it")
    func literal() async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p \(files.environmentFolder)")
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"
            let document = try bytes(folder + "/bare-created.json")
            try overwrite(files.state, document)
            let read = try #require(try await files.stored())
            #expect(read.serial == 0 && read.lineage == nil && read.document.state == .created)
            let context = read.document.context
            #expect(context.name == "my-env" && context.instanceName.text == "instance-my-env")
            #expect(context.sshCredentials?.username == "deploy" && context.sshPort.number == 22)
            #expect(context.provider.kind == .local && context.createdAt.millisecondsSince1970 == 0)
            #expect(try bytes(files.state) == document, "a load changes nothing")
            try await files.save()
            #expect(try await files.repository.state(of: files.name, at: 1)?.document == read.document)
            #expect(try await files.stored()?.serial == 2)
            #expect(LogLine(pretty: try bytes(files.state))?.serial == 2)
        }
    }

    @Test("A kill between the new log and the new checkpoint leaves an upgraded folder")
    func cutShort() async throws {
        try await withFolder(.provisioned) { files in
            let document = try bytes(files.state)
            await (try files.lease()).release()
            try overwrite(files.state, document)
            try await files.save()
            #expect(try await files.stored()?.serial == 3)
        }
    }
}
