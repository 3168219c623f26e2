import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of the past, and of the ways to recover.
@Suite("Time travel and recovery", .silentLog)
struct RecoveryTests {
    private func freeze(_ files: TestFiles) async throws {
        try await files.repository.withLease(files.name, for: .freeze) { lease in
            let environment = try #require(try await lease.stored).document
            var context = environment.context
            context.freeze = Freeze(reason: "the fair goes on", user: "me")
            try await lease.save(environment.with(context), event: Sample.transition(.freeze))
        }
    }

    // MARK: The past

    @Test("Every state of the log can be read again, as the save with its serial left it")
    func everyState() async throws {
        try await withFileRepository { files in
            var saved: [StoredEnvironment?] = []
            for state in LifecycleState.allCases {
                try await files.repository.save(Sample.environment(state, seed: UInt64(saved.count + 1)))
                saved.append(try await files.stored())
            }
            for (index, stored) in saved.enumerated() {
                #expect(try await files.repository.state(of: files.name, at: index + 1) == stored)
            }
            #expect(try await files.repository.states(of: files.name) == Array(1...saved.count))
            #expect(try await files.repository.state(of: files.name, at: 99) == nil)
            #expect(try await files.repository.states(of: files.name, before: 5) == saved.prefix(4).compactMap(\.self))
            #expect(try await files.repository.historyLines(of: files.name) == saved.compactMap { $0?.line })
        }
    }

    @Test("An earlier state is restored as a save with the next serial and the reason", arguments: Backend.allCases)
    func restore(backend: Backend) async throws {
        try await withTemporaryFolder { folder in
            let repository: any LoggedRepository =
                backend == .file ? try TestFiles(folder).repository : try InMemoryEnvironmentRepository()
            let name = EnvironmentName("my-env")
            for _ in 0..<3 { try await repository.save(Sample.next()) }
            let first = try await repository.state(of: name, at: 1)
            let restored = try await repository.restore(name, to: 1, reason: "it was better")
            #expect(restored.serial == 4 && restored.document == first?.document)
            #expect(restored.line?.event.reason == "it was better")
            #expect(try await repository.load(name) == restored)
            #expect(try await repository.history(of: name)?.flaws == [])
            let error = try await refusal { try await repository.restore(name, to: 9, reason: "") }
            #expect(error.code == .recordRefused)
        }
    }

    @Test("A frozen environment is neither restored nor recovered")
    func frozen() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await freeze(files)
            let error = try await refusal { try await files.repository.restore(files.name, to: 1, reason: "none") }
            #expect(error.code == .frozen)
            #expect(error.message.contains("the fair goes on"))
        }
    }

    @Test("A damaged newest line is kept, and the newest complete state, which the error names, is recovered")
    func damaged() async throws {
        try await withFileRepository { files in
            try await files.save(4)
            var lines = try files.lines()
            lines[3] = lines[3].replacing("env-my-env", with: "env-my-enw")
            try files.setLines(lines)
            let error = try await refusal { try await files.stored() }
            // The checkpoint still contains the state of the damaged line.
            #expect(error.backup == files.state)
            let recovered = try await files.repository.recover(try #require(error.backup), for: files.name)
            #expect(recovered.serial == 5)
            #expect(try await files.stored() == recovered)
            #expect(try names(in: files.environmentFolder).contains { $0 == "history.jsonl.bak" })
            try await files.save()
            #expect(try await files.stored()?.serial == 6)
        }
    }

    @Test("Without a checkpoint the newest complete line of the log is recovered")
    func damagedLine() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            var lines = try files.lines()
            lines[2] = lines[2].replacing("env-my-env", with: "env-my-enw")
            try files.setLines(lines)
            try await shell("rm \(files.state)")
            let before = try await files.repository.state(of: files.name, at: 2)
            let error = try await refusal { try await files.save() }
            #expect(error.backup == files.history)
            let recovered = try await files.repository.recover(files.history, for: files.name)
            #expect(recovered.document == before?.document)
            #expect(recovered.serial == 3)
        }
    }

    @Test("Remains of another lineage with the same name are not suggested for recovery")
    func otherLineage() async throws {
        try await withFileRepository { files in
            try await files.save(9)
            try await shell("cp \(files.history) \(files.folder)/other.jsonl")
            try await files.repository.delete(files.name)
            try await files.save(3)
            var lines = try files.lines()
            lines[2] = lines[2].replacing("env-my-env", with: "env-my-enw")
            try files.setLines(lines)
            try await shell("rm \(files.state); cp \(files.folder)/other.jsonl \(files.history).1")
            let error = try await refusal { try await files.save() }
            #expect(error.backup == files.history)
            let recovered = try await files.repository.recover(try #require(error.backup), for: files.name)
            #expect(recovered.serial == 3)
        }
    }

    @Test("The highest serial is kept exactly, and no save follows it")
    func lastSerial() async throws {
        try await withFileRepository { files in
            let stored = try Sample.stored()
            let last = 1 << 53
            let line = try #require(stored.line)
            try await files.repository.adopt(
                StoredEnvironment(
                    document: stored.document, lineage: stored.lineage, serial: last, savedAt: nil, line: nil),
                history: [HistoryLine(serial: last, event: line.event, previous: nil, missed: [])])
            #expect(try await files.stored()?.serial == last)
            let error = try await refusal { try await files.save() }
            #expect(error.message.contains("9007199254740993"))
            #expect(try await files.stored()?.serial == last)
            #expect(try text(files.state).contains("\"serial\" : 9007199254740992"))
        }
    }

    @Test("A truncated line is reported once as repairable by a lease, and is no damage of the history")
    func torn() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let lines = try files.lines()
            try overwrite(files.history, Array((lines.joined(separator: "\n") + "\n" + lines[2].prefix(200)).utf8))
            #expect(try await files.repository.history(of: files.name)?.flaws == [])
            let findings = await files.repository.examine(files.name).filter { $0.severity != .note }
            #expect(findings.map(\.kind) == ["torn_history"])
            #expect(findings.map(\.isRepairedByLease) == [true])
            await (try files.lease()).release()
            #expect(await files.repository.examine(files.name).allSatisfy { $0.severity == .note })
        }
    }

    @Test("An examination promises no repair of a folder that is not an environment's", arguments: [true, false])
    func foreignFolder(isForeign: Bool) async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("cd \(files.environmentFolder); touch notes.txt; chmod 755 .; chmod 644 history.jsonl")
            if isForeign { try await shell("cd \(files.environmentFolder); rm state.json.lock; rm -f busy") }
            let findings = await files.repository.examine(files.name)
            #expect(findings.contains { $0.kind == "foreign_folder" } == isForeign)
            #expect(findings.count { $0.kind == "modes" } == 2)
            // The lease repairs the mode of the log, but not of a folder that contains other files, too.
            #expect(findings.filter(\.isRepairedByLease).map(\.kind) == (isForeign ? [] : ["modes"]))
            if isForeign { return #expect(try await refusal { try await files.lease() }.code == .foreignFolder) }
            await (try files.lease()).release()
            #expect(await files.repository.examine(files.name).allSatisfy { !$0.isRepairedByLease })
        }
    }

    // MARK: Records

    /// Makes a save fail so that it leaves an emergency record, and returns the record's path.
    private func record(_ files: TestFiles) async throws -> String {
        let lease = try await files.lease()
        try await shell("mv \(files.lock) \(files.folder)/lock")
        _ = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
        let path = try await lease.keepEmergencyRecord()
        await lease.release()
        try await shell("mv \(files.folder)/lock \(files.lock)")
        return try #require(path)
    }

    @Test("A newer record stops every changing command, and no save deletes it")
    func pending() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let path = try await record(files)
            #expect(try await files.stored()?.serial == 2)
            #expect(try await files.repository.emergencyRecord(of: files.name) == path)
            let changes: [() async throws -> Void] = [
                { try await files.save() }, { try await files.repository.delete(files.name) },
                { try await freeze(files) },
                { try await files.repository.restore(files.name, to: 1, reason: "") },
            ]
            for change in changes {
                let error = try await refusal { try await change() }
                #expect(error.code == .recordPending && error.message.contains(path))
            }
            #expect(exists(path))
        }
    }

    @Test("A recovered record is in the log with the failed event, and then removed")
    func recovered() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let path = try await record(files)
            let recovered = try await files.repository.recover(path, for: files.name)
            #expect(recovered.serial == 3)
            #expect(recovered.line?.missed.count == 1)
            #expect(!exists(path))
            try await files.save()
            #expect(try await files.stored()?.serial == 4)
        }
    }

    @Test("A declined record is renamed, with a line in the history")
    func declined() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let path = try await record(files)
            try await files.repository.decline(path, for: files.name, reason: "it is wrong")
            #expect(!exists(path) && exists(path + ".declined"))
            #expect(try await files.stored()?.line?.event.reason?.contains("it is wrong") == true)
            try await files.save()
            #expect(try await files.stored()?.serial == 4)
        }
    }

    @Test("A record without its environment's folder prevents a second environment of that name")
    func onlyRecord() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let path = try await record(files)
            try await shell("rm -r \(files.environmentFolder)")
            #expect(try await refusal { try await files.save() }.code == .recordPending)
            let recovered = try await files.repository.recover(path, for: files.name)
            #expect(recovered.serial > 2)
            #expect(try await files.stored() == recovered)
        }
    }

    @Test("A record is found by a process with another record folder")
    func otherPlace() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let path = try await record(files)
            let other = try FileEnvironmentRepository(
                dataFolder: files.folder + "/data", emergencyFolder: files.folder + "/elsewhere")
            #expect(try await other.emergencyRecord(of: files.name) == path)
            #expect(try await refusal { try await other.save(Sample.next()) }.code == .recordPending)
        }
    }

    @Test("A record of an environment of the same name in another data folder has no effect")
    func otherDataFolder() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            _ = try await record(files)
            let other = try FileEnvironmentRepository(
                dataFolder: files.folder + "/other", emergencyFolder: files.emergency)
            try await other.save(Sample.next())
            #expect(try await other.load(files.name)?.serial == 1)
        }
    }

    // MARK: Edits

    private func edit(_ files: TestFiles, _ old: String, _ new: String) throws {
        try overwrite(files.state, try text(files.state).replacing(old, with: new).utf8)
    }

    @Test("An accepted edit is a save with the next serial")
    func accepted() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try edit(files, "\"env-my-env\"", "   \"repaired\" ")
            let saved = try await files.repository.acceptEdit(
                files.repository.editedState(of: files.name), reason: "the name was wrong")
            #expect(saved.serial == 3)
            #expect(saved.document.context.instanceName.text == "repaired")
            #expect(saved.line?.event.command == .acceptEdit)
            #expect(try await files.stored() == saved)
            #expect(try await files.repository.history(of: files.name)?.flaws == [])
        }
    }

    @Test(
        "More damage than an edit is not accepted",
        arguments: [
            ("\"env-my-env\"", "\"Not A Name\"", "cannot be accepted"),
            ("\"outputs\" : {", "\"unknown\" : 1, \"outputs\" : {", "does not know"),
            ("\"name\" : \"my-env\"", "\"name\" : \"other\"", "and not my-env"),
            ("\"Created\"", "\"Melted\"", "cannot be accepted"),
            ("{\n  \"checksum\"", "[\n  \"checksum\"", "cannot be accepted"),
            ("never there", "", "nobody edited it"),
        ])
    func refused(_ old: String, _ new: String, _ reason: String) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try edit(files, old, new)
            let before = try bytes(files.state)
            let error = try await refusal { try await files.repository.editedState(of: files.name) }
            #expect(error.message.contains(reason), "\(error.message)")
            #expect(try bytes(files.state) == before)
        }
    }

    @Test("An edit that differs from the inspected one is not accepted")
    func editedAgain() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try edit(files, "\"env-my-env\"", "\"repaired\"")
            let edited = try await files.repository.editedState(of: files.name)
            try edit(files, "\"repaired\"", "\"other\"")
            let before = try bytes(files.state)
            let error = try await refusal { try await files.repository.acceptEdit(edited, reason: "") }
            #expect(error.code == .conflict)
            #expect(try bytes(files.state) == before)
            #expect(try await files.stored()?.serial == 2)
        }
    }

    // MARK: Moving

    @Test("An environment of another store keeps its lineage, serials, history and states")
    func adopted() async throws {
        try await withFileRepository { files in
            try await files.save(4)
            let other = try FileEnvironmentRepository(
                dataFolder: files.folder + "/other", emergencyFolder: files.emergency)
            let outcome = try await ArchiveMigration(from: files.repository, to: other).migrate(files.name)
            #expect(outcome == .copied(serial: 4, lines: 4, states: 3))
            #expect(try await other.load(files.name) == files.stored())
            #expect(try await other.history(of: files.name)?.flaws == [])
            #expect(try await other.state(of: files.name, at: 2) == files.repository.state(of: files.name, at: 2))
            let again = try await ArchiveMigration(from: files.repository, to: other).migrate(files.name)
            #expect(again == .alreadyThere(serial: 4))
            // In one file, so that a kill leaves all of it or nothing.
            #expect(
                try names(in: files.folder + "/other/my-env") == [
                    "history.jsonl", "records", "state.json", "state.json.lock",
                ])
            try await other.save(Sample.next())
            #expect(try await other.load(files.name)?.serial == 5)
        }
    }

    @Test("Lines that several files share after interrupted rotations are no flaw", arguments: 1...3)
    func sharedLines(copies: Int) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            for number in 1...copies { try await shell("cp \(files.history) \(files.history).\(number)") }
            try await files.save()
            let history = try await files.repository.history(of: files.name)
            #expect(history?.flaws == [] && history?.lines.map(\.serial) == [1, 2, 3, 4])
        }
    }
}
