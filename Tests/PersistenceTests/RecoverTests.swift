import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// Emergency records, and bringing them or backups in.
@Suite(.silentLog)
struct RecoverTests {
    /// Saves once, lets a second save fail after its side effect, and gives back the record's path.
    private func withRecord(_ body: (TestFiles, String) async throws -> Void) async throws {
        try await withFileRepository { files in
            try await files.save()
            try await body(files, try await record(of: files, try Sample.next()))
        }
    }

    /// Lets the save of an environment fail and gives back the path of its emergency record.
    private func record(of files: TestFiles, _ environment: AnyEnvironmentState) async throws -> String {
        let lease = try await files.lease()
        try FileManager.default.removeItem(atPath: files.lock)
        _ = try await refusal { try await lease.save(environment, event: Sample.transition()) }
        let path = try #require(try await lease.keepEmergencyRecord())
        await lease.release()
        return path
    }

    // MARK: The record

    @Test func theRecordIsTheDocumentThatWasNotSavedInTheSameFormat() async throws {
        try await withFileRepository { files in
            try await files.save()
            let stored = try #require(try files.repository.load(files.name))
            let environment = try Sample.next()
            let path = try await record(of: files, environment)
            #expect(path == files.emergency + "/my-env.2.json")
            let kept = try DocumentFormat<AnyEnvironmentState>(documentKey: "environment").decode(bytes(path))
            #expect(kept.document == environment)
            #expect(kept.lineage == stored.lineage)
            #expect(kept.serial == 2)
        }
    }

    @Test func theRecordIsReadableByItsOwnerOnly() async throws {
        try await withRecord { files, path in
            let entries = try names(in: files.emergency)
            #expect(entries == ["my-env.2.json"])
            #expect(try status(path)?.mode == 0o600)
            #expect(try status(files.emergency)?.mode == 0o700)
        }
    }

    @Test func whenEverythingWasSavedThereIsNothingToKeep() async throws {
        try await withFileRepository { files in
            try await files.repository.withLease(files.name, for: .run) { lease in
                try await lease.save(Sample.next(), event: Sample.transition())
                let path = try await lease.keepEmergencyRecord()
                #expect(path == nil)
            }
            #expect(!exists(files.emergency))
        }
    }

    @Test func aRecordOfAnotherLineageIsNotOverwritten() async throws {
        try await withRecord { files, path in
            let first = try bytes(path)
            try FileManager.default.removeItem(atPath: files.environmentFolder)
            try await files.save()
            let second = try await record(of: files, Sample.next())
            #expect(second != path)
            #expect(second.hasPrefix(files.emergency + "/my-env.2."))
            #expect(try bytes(path) == first)
        }
    }

    @Test(arguments: [
        (["XDG_STATE_HOME": "/state", "HOME": "/home"], "/state/typed-environments/emergency"),
        (["HOME": "/home"], "/home/.local/state/typed-environments/emergency"),
        (["XDG_STATE_HOME": "relative", "HOME": "/home"], "/home/.local/state/typed-environments/emergency"),
        (["HOME": "", "TMPDIR": "/tmp"], "/tmp/typed-environments-\(ThisProcess.userIdentifier)/emergency"),
    ])
    func theRecordIsWhereTheUsersStateIs(_ variables: [String: String], _ folder: String) async throws {
        try await withFileRepository { files in
            let variables = variables.mapValues { $0.hasPrefix("/") ? files.folder + $0 : $0 }
            try await shell("mkdir \(files.folder)/tmp")
            let (end, output) = try await Probe.run("emergency", in: files, environment: variables)
            #expect(end == .exited(0))
            #expect(output == "\(files.folder)\(folder)/my-env.1.json\n")
            #expect(try status(String(output.dropLast()))?.mode == 0o600)
        }
    }

    @Test func whenTheUsersStateCannotBeWrittenTheRecordIsInTheTemporaryFolder() async throws {
        try await withFileRepository { files in
            try await shell("mkdir \(files.folder)/tmp; touch \(files.folder)/file")
            let (_, output) = try await Probe.run(
                "emergency", in: files,
                environment: ["XDG_STATE_HOME": files.folder + "/file", "TMPDIR": files.folder + "/tmp"])
            #expect(
                output
                    == "\(files.folder)/tmp/typed-environments-\(ThisProcess.userIdentifier)/emergency/my-env.1.json\n")
        }
    }

    @Test func aRecordThatCannotBeWrittenAnywhereIsAnErrorWithItsCause() async throws {
        try await withFileRepository { files in
            let file = files.folder + "/file"
            try overwrite(file, [])
            let (_, output) = try await Probe.run(
                "emergency", in: files, environment: ["XDG_STATE_HOME": file, "TMPDIR": file])
            let start = "write_failed: The emergency record could not be written in \(file)/"
            #expect(output.hasPrefix(start), "\(output)")
            #expect(output.contains("Not a directory (errno 20)"))
        }
    }

    // MARK: Bringing a record in

    @Test func aRecordIsBroughtInAsANormalSave() async throws {
        try await withRecord { files, path in
            let before = try #require(try files.repository.load(files.name))
            let record = try DocumentFormat<AnyEnvironmentState>(documentKey: "environment").decode(bytes(path))
            let saved = try await files.repository.recover(path, for: files.name)
            #expect(try files.repository.load(files.name) == saved)
            #expect(saved.document == record.document)
            #expect(saved.lineage == before.lineage)
            #expect(saved.serial == 2)
            #expect(saved.line?.event.command == .recover)
            #expect(saved.line?.missed == [try #require(record.line).event])
            #expect(try files.historyLines().count == 2)
        }
    }

    @Test func aRecordThatWasBroughtInIsRemoved() async throws {
        try await withRecord { files, path in
            try await files.repository.recover(path, for: files.name)
            #expect(!exists(path))
        }
    }

    @Test func aRecordIsRemovedWhenALaterSaveOfItsLineageSucceeds() async throws {
        try await withRecord { files, path in
            try await files.save()
            #expect(!exists(path))
        }
    }

    @Test func theRecordOfAnyKindOfDocumentIsRemovedWhenALaterSaveSucceeds() async throws {
        try await withTemporaryFolder { folder in
            let store = JSONDocumentStore<[String: Int]>(
                folder: try AbsolutePath(folder + "/store"), name: "numbers", emergencyFolder: folder + "/emergency")
            let event = HistoryEvent(command: .save, commandID: .random(), change: .saved)
            var lease = try await store.acquireLease(for: .save)
            try await lease.save(["a": 1], event: event)
            try FileManager.default.removeItem(atPath: folder + "/store/state.json.lock")
            _ = try await refusal { try await lease.save(["a": 2], event: event) }
            let path = try #require(try await lease.keepEmergencyRecord())
            await lease.release()
            lease = try await store.acquireLease(for: .save)
            try await lease.save(["a": 3], event: event)
            await lease.release()
            #expect(!exists(path))
            #expect(try store.load()?.document == ["a": 3])
        }
    }

    @Test func aRecordOfAnotherLineageStaysWhenASaveSucceeds() async throws {
        try await withRecord { files, path in
            try FileManager.default.removeItem(atPath: files.environmentFolder)
            try await files.save(3)
            #expect(exists(path))
        }
    }

    @Test func aRecordGoesOnWhereItLeftOffWhenNothingIsStored() async throws {
        try await withRecord { files, path in
            try FileManager.default.removeItem(atPath: files.environmentFolder)
            let saved = try await files.repository.recover(path, for: files.name)
            #expect(saved.serial == 3)
            #expect(saved.line?.missed.count == 1)
        }
    }

    // MARK: What is refused

    enum Refused: String, CaseIterable, CustomTestStringConvertible {
        case otherLineage, notNewer, otherName, damaged, missing, folder

        var testDescription: String { rawValue }

        var code: RepositoryError.Code {
            switch self {
            case .missing, .folder: .readStateFailed
            case .damaged: .corruptedStateFile
            case .otherLineage, .notNewer, .otherName: .recordRefused
            }
        }

        var words: String {
            switch self {
            case .otherLineage: "another environment that had the same name"
            case .notNewer: "is not newer than what is stored (serial 2, stored is 2)"
            case .otherName: "is of the environment other-env and not of my-env"
            case .damaged: "cannot be brought in: it is cut off"
            case .missing: "No such file"
            case .folder: "Is a directory"
            }
        }
    }

    @Test(arguments: Refused.allCases)
    func whatCannotBeBroughtInChangesNothing(_ refused: Refused) async throws {
        try await withRecord { files, path in
            var path = path
            switch refused {
            case .otherLineage:
                try FileManager.default.removeItem(atPath: files.environmentFolder)
                try await files.save()
            case .notNewer:
                let kept = try bytes(path)
                try await files.save()
                try overwrite(path, kept)
            case .otherName:
                try await files.repository.save(Sample.next(name: "other-env"))
                path = files.folder + "/data/other-env/state.json"
            case .damaged: try overwrite(path, bytes(path).dropLast(5))
            case .missing: path += ".gone"
            case .folder: path = files.emergency
            }
            let before = try bytes(files.state)
            let error = try await refusal { try await files.repository.recover(path, for: files.name) }
            #expect(error.code == refused.code)
            #expect(error.message.contains(refused.words), "\(error.message)")
            #expect(error.path == path)
            #expect(try bytes(files.state) == before)
        }
    }

    // MARK: Damage

    enum Damaged: String, CaseIterable, CustomTestStringConvertible {
        case empty, edited, tooLarge, folder, gone

        var testDescription: String { rawValue }

        func happen(to files: TestFiles) async throws {
            switch self {
            case .empty: try overwrite(files.state, [])
            case .edited: try overwrite(files.state, bytes(files.state) + [32])
            case .tooLarge: try await shell("truncate -s 1T \(files.state)")
            case .folder: try await shell("rm \(files.state) && mkdir \(files.state)")
            case .gone: try FileManager.default.removeItem(atPath: files.state)
            }
        }
    }

    @Test(arguments: Damaged.allCases)
    func aBackupReplacesADamagedStateAndTheHistoryGoesOn(_ damaged: Damaged) async throws {
        try await withFileRepository { files in
            try await files.save(7)
            let backup = try #require(
                try? DocumentFormat<AnyEnvironmentState>(documentKey: "environment").decode(bytes(files.backup(6))))
            try await damaged.happen(to: files)
            let saved = try await files.repository.recover(files.backup(6), for: files.name)
            #expect(saved.document == backup.document)
            #expect(saved.lineage == backup.lineage)
            #expect(saved.serial == 8)
            #expect(try files.repository.load(files.name) == saved)
            let lines = try files.historyLines()
            #expect(try lines.map { try HistoryLine(text: $0.utf8).serial } == Array(1...8))
            #expect(saved.line?.previous == Checksum(of: Array(lines[6].utf8)))
        }
    }

    @Test(arguments: Damaged.allCases.filter { $0 != .gone })
    func whatWasDamagedIsKeptAside(_ damaged: Damaged) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await damaged.happen(to: files)
            let before = try #require(try status(files.state))
            try await files.repository.recover(files.backup(1), for: files.name)
            let aside = try names(in: files.environmentFolder).filter { $0.hasPrefix("state.json.damaged-2") }
            #expect(aside.count == 1)
            #expect(try aside.allSatisfy { try status(files.environmentFolder + "/" + $0)?.inode == before.inode })
            #expect(try names(in: files.backups) == ["state.1.json"])
        }
    }

    @Test func afterARestoreThereAreNeverMoreThanFiveBackups() async throws {
        try await withFileRepository { files in
            try await files.save(10)
            try overwrite(files.state, [])
            try await files.repository.recover(files.backup(9), for: files.name)
            for _ in 0..<8 {
                #expect(try names(in: files.backups).count <= 5)
                try await files.save()
            }
            #expect(try names(in: files.backups).count == 5)
        }
    }

    @Test func aTornHistoryIsMendedBeforeARestoreAddsToIt() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try overwrite(files.state, [])
            try overwrite(files.history, bytes(files.history).dropLast(4))
            try await files.repository.recover(files.backup(2), for: files.name)
            let serials = try files.historyLines().map { try HistoryLine(text: $0.utf8).serial }
            #expect(serials == [1, 2, 3])
        }
    }

    @Test func theStateOfANewerProgramIsNotReplacedByABackup() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let newer = try resealed(text(files.state), "\"schema_version\" : 1", "\"schema_version\" : 2")
            try overwrite(files.state, newer)
            let error = try await refusal { try await files.repository.recover(files.backup(1), for: files.name) }
            #expect(error.code == .schemaTooNew)
            #expect(try bytes(files.state) == newer)
        }
    }
}
