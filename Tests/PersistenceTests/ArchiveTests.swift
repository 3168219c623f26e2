import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// What tools see of the past, and how they bring it back.
@Suite(.silentLog)
struct ArchiveTests {
    private func freeze(_ files: TestFiles) async throws {
        try await files.repository.withLease(files.name, for: .freeze) { lease in
            let environment = try #require(try await lease.stored).document
            var context = environment.context
            context.freeze = Freeze(reason: "the fair goes on", user: "me")
            try await lease.save(environment.with(context), event: Sample.transition(.freeze))
        }
    }

    @Test func whatIsFrozenIsNeitherRestoredNorRecovered() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await freeze(files)
            let before = try bytes(files.state)
            let restored = try await refusal {
                try await files.repository.restore(files.name, to: 1, reason: "none")
            }
            let recovered = try await refusal {
                try await files.repository.recover(files.backup(1), for: files.name)
            }
            #expect(restored.code == .frozen && recovered.code == .frozen)
            #expect(restored.message.contains("the fair goes on"))
            #expect(try bytes(files.state) == before)
        }
    }

    @Test func backupsAreListedNewestFirstAndDamagedOnesTold() async throws {
        try await withFileRepository { files in
            #expect(try files.repository.backups(of: files.name).isEmpty)
            try await files.save(4)
            try overwrite(files.backup(2), Array("damaged".utf8))
            let backups = try files.repository.backups(of: files.name)
            #expect(backups.map(\.serial) == [3, 2, 1])
            #expect(backups.map { $0.stored?.serial } == [3, nil, 1])
            #expect(backups.first?.location == files.backup(3))
        }
    }

    // MARK: Edits

    private func edit(_ files: TestFiles, _ old: String, _ new: String) throws {
        try overwrite(files.state, try text(files.state).replacing(old, with: new).utf8)
    }

    @Test func anEditThatIsAcceptedIsASaveWithTheNextSerial() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try edit(files, "\"env-my-env\"", "\"mended\"")
            let edited = try text(files.state)
            let saved = try await files.repository.acceptEdit(of: files.name, reason: "the name was wrong")
            #expect(saved.serial == 3)
            #expect(saved.document.context.instanceName.text == "mended")
            #expect(try files.repository.load(files.name) == saved)
            #expect(saved.line?.event.command == .acceptEdit)
            #expect(saved.line?.event.reason == "the name was wrong")
            let aside = try #require(try names(in: files.environmentFolder).first { $0.contains(".damaged-") })
            #expect(try text("\(files.environmentFolder)/\(aside)") == edited)
            #expect(try files.repository.history(of: files.name)?.flaws == [])
        }
    }

    @Test func spacesMakeNoDifferenceToAnEdit() async throws {
        try await withFileRepository { files in
            try await files.save()
            try edit(files, "\"env-my-env\"", "   \"mended\"  ")
            #expect(try await files.repository.acceptEdit(of: files.name, reason: "").serial == 2)
        }
    }

    @Test(arguments: [
        ("\"env-my-env\"", "\"Not A Name\"", "cannot be accepted"),
        ("\"outputs\" : {", "\"unknown\" : 1, \"outputs\" : {", "unknown"),
        ("\"name\" : \"my-env\"", "\"name\" : \"other\"", "of the environment other"),
        ("\"Created\"", "\"Melted\"", "cannot be accepted"),
        ("{\n  \"checksum\"", "[\n  \"checksum\"", "no edit to accept"),
        ("never there", "", "nobody edited it"),
    ])
    func whatIsMoreThanAnEditIsNotAccepted(_ old: String, _ new: String, _ reason: String) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try edit(files, old, new)
            let before = try bytes(files.state)
            let error = try await refusal { try await files.repository.acceptEdit(of: files.name, reason: "") }
            #expect(error.code == .recordRefused)
            #expect(error.message.contains(reason))
            #expect(try bytes(files.state) == before)
        }
    }

    // MARK: Adopting

    @Test func anEnvironmentOfAnotherStoreKeepsItsLineageSerialAndHistory() async throws {
        try await withFileRepository { files in
            try await files.save(9)
            let stored = try #require(try files.repository.load(files.name))
            let lines = try #require(try files.repository.historyLines(of: files.name))
            let other = try FileEnvironmentRepository(dataFolder: files.folder + "/other")
            let apart = try await refusal { try await other.adopt(stored, history: lines.dropLast()) }
            #expect(apart.code == .recordRefused)
            try await other.adopt(stored, history: lines)
            #expect(try other.load(files.name) == stored)
            #expect(try other.history(of: files.name)?.lines == lines)
            #expect(try other.history(of: files.name)?.flaws == [])
            #expect(try text(files.folder + "/other/my-env/history.jsonl") == text(files.history))
            try await other.save(Sample.next())
            #expect(try other.load(files.name)?.serial == 10)
            #expect(try other.load(files.name)?.lineage == stored.lineage)
            let again = try await refusal { try await other.adopt(stored, history: lines) }
            #expect(again.code == .recordRefused)
        }
    }

    // MARK: Examining

    private func kinds(_ files: TestFiles) -> [String] { files.repository.examine(files.name).map(\.kind) }

    @Test func aHealthyEnvironmentHasNoFinding() async throws {
        try await withFileRepository { files in
            #expect(kinds(files).isEmpty)
            try await files.save(7)
            #expect(kinds(files).isEmpty)
        }
    }

    @Test func whatALeaseMendsIsFoundAndGoneAfterOne() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let folder = files.environmentFolder
            try await shell(
                "chmod 755 \(folder); chmod 644 \(files.state); touch \(folder)/.state.4.abc.tmp; "
                    + "printf torn >> \(files.history); sed -i 3d \(files.history); printf '{\"pid\":1}' > \(files.lock)"
            )
            let found = files.repository.examine(files.name)
            #expect(
                Set(found.map(\.kind))
                    == ["modes", "abandoned", "temporary_file", "torn_history", "history_behind"])
            #expect(!found.contains { !$0.isMendedByLease })
            await (try files.lease()).release()
            #expect(kinds(files) == ["set_aside"])
        }
    }

    @Test(arguments: [
        ("printf x > state.json", "deserialization_failed"),
        ("sed -i s/env-my-env/mended/ state.json", "checksum_mismatch"),
        ("rm state.json; mkdir state.json", "not_regular_file"),
        ("rm state.json", "state_missing"),
        ("rm state.json.lock; mkdir state.json.lock", "lock_unusable"),
        ("printf x > backups/state.1.json", "damaged_backup"),
        ("sed -i '1s/create/save/; 1s/save/run/' history.jsonl", "history_flaw"),
    ])
    func damageIsFoundAndNoLeaseMendsIt(_ line: String, _ kind: String) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try await shell("cd \(files.environmentFolder); \(line)")
            let found = files.repository.examine(files.name)
            #expect(found.contains { $0.kind == kind && !$0.isMendedByLease }, "\(found)")
        }
    }

    @Test func aHolderIsToldAndWhatItLeavesOpenIsNotMended() async throws {
        try await withFileRepository { files in
            try await files.save()
            let lease = try await files.lease()
            #expect(kinds(files) == ["held"])
            await lease.release()
        }
    }

    // MARK: Who holds it

    @Test func theProcessOfALockIsAliveStoppedGoneElsewhereOrUnknown() async throws {
        let here = LeaseHolder.thisProcess(command: .provision, run: CommandRun())
        #expect(here.condition == .alive)
        #expect(LeaseHolder().condition == .unknown)
        #expect(LeaseHolder(pid: 0, host: here.host).condition == .unknown)
        #expect(LeaseHolder(pid: 1, host: "elsewhere").condition == .elsewhere)
        #expect(LeaseHolder(pid: here.pid, host: here.host, bootID: "another").condition == .gone)
        #expect(LeaseHolder(pid: here.pid, host: here.host, processStarted: 1).condition == .gone)
        let child = try ChildProcess(
            ChildProcess.Request(command: ["/bin/sleep", "600"], environment: [:]), output: OpenFile("/dev/null", .read)
        )
        let sleeper = LeaseHolder(pid: child.identifier, host: here.host)
        #expect(sleeper.condition == .alive)
        try await shell("kill -STOP \(child.identifier)")
        while !ThisProcess.isStopped(child.identifier) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(sleeper.condition == .stopped)
        child.killNow()
        _ = await child.end()
        #expect(sleeper.condition == .gone)
    }
}
