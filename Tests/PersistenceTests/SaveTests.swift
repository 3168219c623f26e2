import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// What a save does to the files.
@Suite(.silentLog)
struct SaveTests {
    @Test func theStateOfAnEnvironmentIsInItsOwnFolder() async throws {
        try await withFileRepository { files in
            try await files.save()
            #expect(
                try names(in: files.environmentFolder) == ["history.jsonl", "state.json", "state.json.lock"])
        }
    }

    @Test func everyFileIsReadableByItsOwnerOnlyWhateverTheUmask() async throws {
        await #expect(processExitsWith: .success) {
            try await EnvironmentLog.withHandler({ _ in }) {
                // What takes bits from the owner too must not leave files that the owner cannot open.
                for mask: mode_t in [0, 0o777, 0o277, 0o477] {
                    try await withFileRepository { files in
                        umask(mask)
                        for _ in 0..<10 { try await files.save() }
                        umask(0o077)
                        for folder in [files.folder + "/data", files.environmentFolder, files.backups] {
                            #expect(try status(folder)?.mode == 0o700, "\(folder)")
                        }
                        for file in [files.state, files.lock, files.history, files.backup(9)] {
                            #expect(try status(file)?.mode == 0o600, "\(file)")
                        }
                    }
                }
            }
        }
    }

    @Test func anExistingDataFolderKeepsItsMode() async throws {
        try await withFileRepository { files in
            try await shell("mkdir -m 755 \(files.folder)/data")
            try await files.save()
            #expect(try status(files.folder + "/data")?.mode == 0o755)
        }
    }

    @Test func modesThatAreTooOpenAreTightenedWithAWarning() async throws {
        try await withFileRepository { files in
            try await files.save()
            let paths = [files.environmentFolder, files.state, files.lock, files.history]
            for path in paths { try await shell("chmod a+r \(path)") }
            let log = LogCollector()
            try await log.collect { try await files.save() }
            for path in paths {
                #expect(try status(path).map { $0.mode & 0o077 } == 0, "\(path)")
                #expect(log.records(.warning).contains { $0["path"] == path }, "\(path)")
            }
        }
    }

    // MARK: Backups

    @Test func theFiveNewestStatesBeforeAreKept() async throws {
        try await withFileRepository { files in
            try await files.save(12)
            let kept = ["state.10.json", "state.11.json", "state.7.json", "state.8.json", "state.9.json"]
            #expect(try names(in: files.backups) == kept)
        }
    }

    @Test func aSaveAndItsBackupAreLoggedForDebugging() async throws {
        try await withFileRepository { files in
            let log = LogCollector()
            try await log.collect { try await files.save(2) }
            let saved = log.records(.debug).filter { $0.message == "state saved" }
            #expect(saved.map { $0["serial"] } == ["1", "2"])
            #expect(saved.map { $0["backup"] } == ["none", files.backups + "/state.1.json"])
            #expect(saved.map { $0["path"] } == [files.state, files.state])
        }
    }

    @Test func everyBackupEqualsTheStateThatItWas() async throws {
        try await withFileRepository { files in
            for serial in 1...8 {
                let before = serial == 1 ? nil : try bytes(files.state)
                try await files.save()
                if let before { #expect(try bytes(files.backup(serial - 1)) == before) }
            }
        }
    }

    @Test func aBackupIsTheOldFileItselfAndNotACopy() async throws {
        try await withFileRepository { files in
            try await files.save()
            let before = try #require(try status(files.state))
            try await files.save()
            #expect(try status(files.backup(1))?.inode == before.inode)
        }
    }

    @Test func aBackupThatIsInTheWayIsReplaced() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let state = try bytes(files.state)
            try overwrite(files.backup(3), Array("left over".utf8))
            try await files.save()
            #expect(try bytes(files.backup(3)) == state)
        }
    }

    @Test func theStateFileIsThereAtEveryMomentOfASave() async throws {
        try await withFileRepository { files in
            try await files.save()
            let isDone = Tally()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    defer { isDone.add() }
                    try await files.save(40)
                }
                group.addTask {
                    while isDone.count == 0 {
                        let isThere = try files.repository.exists(files.name)
                        #expect(isThere)
                        await Task.yield()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    // MARK: Temporary files

    @Test func noTemporaryFileIsLeftBySaves() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            #expect(try files.temporaryFiles() == [])
        }
    }

    @Test func aLeftOverTemporaryFileIsRemovedWithTheNextLease() async throws {
        try await withFileRepository { files in
            try await files.save()
            try overwrite(files.environmentFolder + "/.state.2.0123abcd.tmp", Array("half a docu".utf8))
            try overwrite(files.environmentFolder + "/.state.notes", [])
            await (try files.lease()).release()
            #expect(try files.temporaryFiles() == [])
            #expect(exists(files.environmentFolder + "/.state.notes"))
        }
    }

    @Test func aSaveThatFailsAfterItsTemporaryFileRemovesIt() async throws {
        try await withFileRepository { files in
            try await files.save()
            let before = try bytes(files.state)
            // A file where the folder of the backups belongs: the link fails, and the new state is written by then.
            try overwrite(files.backups, [])
            let error = try await refusal { try await files.save() }
            #expect(error.code == .writeStateFailed)
            #expect(try files.temporaryFiles() == [])
            #expect(try bytes(files.state) == before)
        }
    }

    // MARK: Changes behind the lease

    @Test func aStateThatWasChangedBehindTheLeaseIsAConflictAndLeftAsItIs() async throws {
        try await withFileRepository { files in
            try await files.save()
            let lease = try await files.lease()
            let edited = try bytes(files.state) + [10]
            try overwrite(files.state, edited)
            let error = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
            #expect(error.code == .conflict)
            #expect(error.message.contains("changed by somebody who does not hold its lock"))
            #expect(error.message.contains("What was to be saved is kept in \(files.emergency)/my-env.2.json."))
            #expect(exists(files.emergency + "/my-env.2.json"))
            #expect(try bytes(files.state) == edited)
            #expect(try files.temporaryFiles() == [])
            await lease.release()
        }
    }

    @Test func aStateThatAppearedBehindTheLeaseIsAConflict() async throws {
        try await withFileRepository { files in
            let lease = try await files.lease()
            try overwrite(files.state, Array("{}".utf8))
            let error = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
            #expect(error.code == .conflict)
            await lease.release()
        }
    }

    enum Theft: String, CaseIterable, CustomTestStringConvertible {
        case removed, replaced

        var testDescription: String { rawValue }

        func happen(to files: TestFiles) throws {
            try FileManager.default.removeItem(atPath: files.lock)
            if self == .replaced { try overwrite(files.lock, []) }
        }
    }

    @Test(arguments: Theft.allCases)
    func aLeaseWithoutItsLockFileSavesNothing(_ theft: Theft) async throws {
        try await withFileRepository { files in
            try await files.save()
            let before = try bytes(files.state)
            let lease = try await files.lease()
            try theft.happen(to: files)
            let saving = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
            let deleting = try await refusal { try await lease.delete() }
            #expect(saving.code == .lockLost)
            #expect(deleting.code == .lockLost)
            #expect(saving.message.contains("removed or replaced"))
            #expect(try bytes(files.state) == before)
            await lease.release()
        }
    }

    @Test func aStateFileThatWasRemovedIsMadeAnewByTheNextSave() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let log = LogCollector()
            try await log.collect {
                try await files.repository.withLease(files.name, for: .run) { lease in
                    try FileManager.default.removeItem(atPath: files.state)
                    try await lease.save(Sample.next(), event: Sample.transition())
                }
            }
            #expect(try files.repository.load(files.name)?.serial == 3)
            #expect(log.records(.warning).contains { $0.message.contains("the state file was removed") })
        }
    }

    @Test func anEventWhoseSaveFailedGoesIntoTheNext() async throws {
        try await withFileRepository { files in
            try await files.save()
            let lease = try await files.lease()
            let lost = try (0..<2).map { _ in try Sample.transition() }
            let state = try bytes(files.state)
            try overwrite(files.state, [])
            for event in lost { _ = try await refusal { try await lease.save(Sample.next(), event: event) } }
            try overwrite(files.state, state)
            let saved = try await lease.save(Sample.next(), event: Sample.transition())
            let next = try await lease.save(Sample.next(), event: Sample.transition())
            #expect(saved.line?.missed == lost)
            #expect(saved.serial == 2)
            #expect(next.line?.missed == [])
            await lease.release()
        }
    }

    @Test func aDocumentThatCannotBeEncodedLeavesWhatWasStored() async throws {
        try await withTemporaryFolder { folder in
            let store = JSONDocumentStore<NeverEncoded>(
                folder: try AbsolutePath(folder + "/store"), name: "note", emergencyFolder: folder)
            let lease = try await store.acquireLease(for: .save)
            let error = try await refusal {
                try await lease.save(
                    NeverEncoded(), event: HistoryEvent(command: .save, commandID: .random(), change: .saved))
            }
            #expect(error.code == .serializationFailed)
            #expect(error.cause is EncodingError)
            #expect(try store.exists() == false)
            await lease.release()
        }
    }

    @Test func aDocumentThatDoesNotComeBackAsItWasLeavesWhatWasStoredAndNoRecordOfItself() async throws {
        try await withTemporaryFolder { folder in
            let store = JSONDocumentStore<Forgetful>(
                folder: try AbsolutePath(folder + "/store"), name: "note", emergencyFolder: folder + "/emergency")
            let lease = try await store.acquireLease(for: .save)
            try await lease.save(Forgetful(number: 0))
            let before = try bytes(folder + "/store/state.json")
            let error = try await refusal { try await lease.save(Forgetful(number: 1)) }
            #expect(error.code == .serializationFailed)
            #expect(try bytes(folder + "/store/state.json") == before)
            #expect(try names(in: folder + "/store") == ["history.jsonl", "state.json", "state.json.lock"])
            #expect(try await lease.keepEmergencyRecord() == nil)
            #expect(try await lease.save(Forgetful(number: 0)).serial == 2)
            await lease.release()
        }
    }

    @Test func aSaveMakesTheFolderOfTheBackupsAnewWhenItWasRemovedDuringTheLease() async throws {
        try await withFileRepository { files in
            try await files.save()
            let lease = try await files.lease()
            for _ in 0..<2 { try await lease.save(Sample.next(), event: Sample.transition()) }
            try await shell("rm -r \(files.backups)")
            let before = try bytes(files.state)
            try await lease.save(Sample.next(), event: Sample.transition())
            await lease.release()
            #expect(try names(in: files.backups) == ["state.3.json"])
            #expect(try bytes(files.backup(3)) == before)
        }
    }

    // MARK: Deleting

    @Test func aDeleteLeavesNothingButTheLockFile() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try await shell("mkdir -p \(files.environmentFolder)/logs/a && touch \(files.environmentFolder)/logs/a/b")
            try await shell("ln -s /etc \(files.environmentFolder)/logs/link")
            try await files.repository.delete(files.name)
            #expect(try names(in: files.environmentFolder) == ["state.json.lock"])
            #expect(exists("/etc/hostname"))
        }
    }

    @Test func aDeleteLeavesWhatSomebodyElsePutIntoTheFolder() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try await shell("echo mine > \(files.environmentFolder)/notes.txt")
            try await files.repository.delete(files.name)
            #expect(try names(in: files.environmentFolder) == ["notes.txt", "state.json.lock"])
        }
    }

    @Test(
        "a folder that holds other things is not taken for an environment's, also when their names are its own",
        arguments: ["src", "logs", "traces", "keys", "instance", "build", "backups"])
    func whatHoldsOtherThingsIsNoEnvironmentsFolder(entry: String) async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p -m 755 \(files.environmentFolder)/\(entry)/theirs")
            try await shell("chmod 755 \(files.environmentFolder)")
            let error = try await refusal { try await files.save(1) }
            #expect(error.code == .foreignFolder)
            #expect(error.message.contains("it holds \(entry)"))
            try await files.repository.delete(files.name)
            #expect(try names(in: files.environmentFolder) == [entry])
            #expect(try names(in: files.environmentFolder + "/" + entry) == ["theirs"])
            #expect(try Folder(files.environmentFolder).status().mode == 0o755)
        }
    }

    @Test("another program's state.json makes no environment's folder")
    func foreignState() async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p -m 755 \(files.environmentFolder)")
            try await shell("echo '{\"mine\": true}' > \(files.state); mkdir \(files.environmentFolder)/logs")
            try await shell("chmod 755 \(files.environmentFolder)")
            #expect(try await refusal { try await files.lease() }.code == .foreignFolder)
            #expect(try await refusal { try await files.repository.delete(files.name) }.code == .foreignFolder)
            #expect(try names(in: files.environmentFolder) == ["logs", "state.json"])
            #expect(try Folder(files.environmentFolder).status().mode == 0o755)
        }
    }

    @Test("an environment that was copied without its lock is one")
    func copyWithoutLock() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await shell("rm \(files.lock)")
            try await files.save()
            #expect(try files.repository.load(files.name)?.serial == 3)
        }
    }

    @Test("a folder that is made for several users keeps its mode", arguments: ["1777", "2775", "1755"])
    func sharedFolder(mode: String) async throws {
        try await withFileRepository { files in
            let path = files.folder + "/shared"
            try await shell("mkdir \(path); chmod \(mode) \(path)")
            let store = JSONDocumentStore<[String: Int]>(folder: try AbsolutePath(path), name: "shared")
            try await store.update { $0 = ["a": 1] }
            #expect(try Folder(path).status().mode == UInt32(mode, radix: 8))
            #expect(try Folder(path).status(of: "state.json")?.mode == 0o600)
        }
    }

    @Test("a folder that holds other things too keeps its mode")
    func folderWithOtherThings() async throws {
        try await withFileRepository { files in
            let path = files.folder + "/project"
            try await shell("mkdir -m 755 \(path); touch \(path)/README; chmod 755 \(path)")
            let store = JSONDocumentStore<[String: Int]>(folder: try AbsolutePath(path), name: "project")
            try await store.update { $0 = ["a": 1] }
            #expect(try Folder(path).status().mode == 0o755)
        }
    }

    @Test("root makes nothing in another user's store", .enabled(if: geteuid() == 0, "needs root"))
    func rootInAnotherUsersStore() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await shell("chown -R 65534:65534 \(files.folder)/data")
            let before = try bytes(files.history)
            let error = try await refusal { try await files.save() }
            #expect(error.code == .foreignFolder)
            #expect(error.message.contains("sudo -u nobody"))
            let other = try await refusal { try await files.repository.save(Sample.next(name: "other-env")) }
            #expect(other.code == .foreignFolder)
            #expect(try await refusal { try await files.repository.delete(files.name) }.code == .foreignFolder)
            #expect(try bytes(files.history) == before)
            #expect(try names(in: files.folder + "/data") == [files.name.text])
            #expect(try status(files.lock)?.owner == 65534)
            #expect(try files.repository.load(files.name)?.serial == 2)
        }
    }

    @Test func aDeleteWaitsForNoChildAndSaysThatItWorks() async throws {
        try await withFileRepository { files in
            try await files.save()
            let folder = try Folder(files.environmentFolder)
            let busy = try FileLock.attempt(Workspace.busyLockName, in: folder)
            let error = try await refusal { try await files.repository.delete(files.name) }
            #expect(error.code == .busy)
            #expect(try files.repository.exists(files.name))
            withExtendedLifetime(busy) {}
        }
    }

    @Test func aRemovalThatWasKilledHalfWayIsFinishedByTheNext() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try FileManager.default.removeItem(atPath: files.state)
            try await files.repository.delete(files.name)
            #expect(try names(in: files.environmentFolder) == ["state.json.lock"])
        }
    }
}
