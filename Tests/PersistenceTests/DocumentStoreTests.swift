import EnvironmentDomain
import Foundation
import OperatingSystem
import Synchronization
import Testing

@testable import Persistence

/// The store of any document: what it does when there is none or a damaged one, who may look and change at once, and
/// documents whose form has changed.
@Suite(.silentLog)
struct DocumentStoreTests {
    struct Note: Codable, Hashable, Sendable {
        var lines: [String] = []
    }

    /// A store and what its files look like from outside.
    private struct Files {
        let folder: String
        let store: JSONDocumentStore<Note>
        let state: String
    }

    private func withStore(
        initial: Note? = nil, damagePolicy: DamagePolicy = .fail, lockTimeout: Duration = .seconds(540),
        _ body: (Files) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let store = JSONDocumentStore<Note>(
                folder: try AbsolutePath(folder + "/store"), name: "note", initial: initial,
                damagePolicy: damagePolicy, lockTimeout: lockTimeout, emergencyFolder: folder + "/emergency")
            try await body(Files(folder: folder + "/store", store: store, state: folder + "/store/state.json"))
        }
    }

    private func add(_ lines: String..., to files: Files) async throws {
        for line in lines {
            try await files.store.update { note in note = Note(lines: (note?.lines ?? []) + [line]) }
        }
    }

    // MARK: Missing

    @Test func withoutAnInitialDocumentNothingIsThere() async throws {
        try await withStore { files in
            #expect(try files.store.load() == nil)
            try await files.store.withLease { lease in
                let stored = try await lease.stored
                #expect(stored == nil)
            }
        }
    }

    @Test func theInitialDocumentIsThereBeforeTheFirstSaveAndIsNotWritten() async throws {
        try await withStore(initial: Note(lines: ["first"])) { files in
            #expect(try files.store.load()?.document.lines == ["first"])
            #expect(!exists(files.folder))
            try await files.store.withLease { lease in
                let stored = try await lease.stored
                #expect(stored?.document.lines == ["first"])
                #expect(stored?.serial == 0)
            }
            #expect(!exists(files.state))
        }
    }

    @Test func anUpdateThatLeavesTheInitialDocumentAsItIsWritesIt() async throws {
        try await withStore(initial: Note()) { files in
            try await files.store.update { _ in }
            #expect(try files.store.load()?.serial == 1)
        }
    }

    // MARK: Damaged

    @Test(arguments: DamagePolicy.allCases)
    func whatANewerProgramWroteIsLeftAloneWhateverThePolicy(_ policy: DamagePolicy) async throws {
        try await withStore(initial: Note(), damagePolicy: policy) { files in
            try await add("a", "b", to: files)
            let newer = try text(files.state).replacing("\"schema_version\" : 1", with: "\"schema_version\" : 9")
            try overwrite(files.state, newer.utf8)
            let loading = try await refusal { try files.store.load() }
            let saving = try await refusal { try await add("c", to: files) }
            #expect(loading.code == .schemaTooNew)
            #expect(saving.code == .schemaTooNew)
            #expect(try text(files.state) == newer)
        }
    }

    @Test(arguments: [[], Array("{\"check".utf8), Array("not JSON".utf8), Array("{}".utf8)])
    func aDamagedDocumentIsSetAsideAndABeginningIsMade(_ damage: [UInt8]) async throws {
        try await withStore(initial: Note(lines: ["first"]), damagePolicy: .setAside) { files in
            try await add("a", "b", to: files)
            try overwrite(files.state, damage)
            let log = LogCollector()
            try await log.collect {
                #expect(try files.store.load()?.document.lines == ["first"])
                #expect(!exists(files.state + ".bak"), "a load changes nothing")
                try await add("c", to: files)
            }
            #expect(try files.store.load()?.document.lines == ["first", "c"])
            #expect(try bytes(files.state + ".bak") == damage)
            #expect(log.records(.error).contains { $0["path"] == files.state && $0["reason"] != nil })
            #expect(log.records(.warning).contains { $0["path"] == files.state + ".bak" })
        }
    }

    @Test func anEarlierDamagedDocumentIsNotOverwritten() async throws {
        try await withStore(initial: Note(), damagePolicy: .setAside) { files in
            for damage in ["one", "two", "three"] {
                try await add("a", to: files)
                try overwrite(files.state, damage.utf8)
                try await files.store.withLease { _ in }
            }
            for (name, damage) in [(".bak", "one"), (".bak.2", "two"), (".bak.3", "three")] {
                #expect(try text(files.state + name) == damage)
            }
        }
    }

    @Test func aDamagedDocumentIsReplacedByTheNewestGoodBackup() async throws {
        try await withStore(damagePolicy: .restoreBackup) { files in
            try await add("a", "b", "c", "d", to: files)
            try overwrite(files.folder + "/backups/state.3.json", Array("damaged too".utf8))
            try overwrite(files.state, Array("damaged".utf8))
            let log = LogCollector()
            try await log.collect {
                #expect(try files.store.load()?.document.lines == ["a", "b"])
                #expect(try text(files.state) == "damaged")
                try await files.store.withLease { lease in
                    let stored = try await lease.stored
                    #expect(stored?.document.lines == ["a", "b"])
                    #expect(stored?.serial == 5)
                }
            }
            #expect(
                log.records(.error).map(\.message) == [
                    "damaged document", "a backup stands in for a damaged document", "damaged document",
                    "a damaged document was replaced by a backup",
                ])
            let history = try #require(try files.store.history())
            #expect(history.lines.map(\.serial) == [1, 2, 3, 4, 5])
            #expect(history.lines.last?.event.command == .restore)
            #expect(history.lines.last?.event.reason?.contains("not JSON") == true)
            #expect(try names(in: files.folder).contains { $0.hasPrefix("state.json.damaged-") })
        }
    }

    @Test func withoutAGoodBackupADamagedDocumentIsAnErrorAndEverythingIsKept() async throws {
        try await withStore(damagePolicy: .restoreBackup) { files in
            try await add("a", "b", to: files)
            let backup = files.folder + "/backups/state.1.json"
            for path in [files.state, backup] { try overwrite(path, Array("damaged".utf8)) }
            let loading = try await refusal { try files.store.load() }
            let log = LogCollector()
            let saving = try await log.collect { try await refusal { try await add("c", to: files) } }
            #expect(
                log.records(.error).map(\.message) == [
                    "damaged document", "there is no good backup of a damaged document",
                ])
            #expect(loading.code == .deserializationFailed)
            #expect(saving.code == .deserializationFailed)
            #expect(saving.message.contains("There is no good backup"))
            for path in [files.state, backup] { #expect(try text(path) == "damaged") }
        }
    }

    // MARK: Changing and looking

    @Test func aBatchOfChangesIsOneSave() async throws {
        try await withStore(initial: Note()) { files in
            try await files.store.update(reason: "a hundred at once") { note in
                for number in 0..<100 { note?.lines.append("\(number)") }
            }
            #expect(try files.store.load()?.document.lines.count == 100)
            #expect(try files.store.load()?.serial == 1)
            #expect(try files.store.load()?.line?.event.reason == "a hundred at once")
        }
    }

    @Test func aBatchThatThrowsChangesNothingAndFreesTheLock() async throws {
        try await withStore(initial: Note(), lockTimeout: .zero) { files in
            try await add("a", to: files)
            let before = try bytes(files.state)
            await #expect(throws: CancellationError.self) {
                try await files.store.update { note in
                    note?.lines.append("half")
                    throw CancellationError()
                }
            }
            #expect(try bytes(files.state) == before)
            try await files.store.withLease { _ in }
        }
    }

    @Test func anUpdateThatChangesNothingSavesNothing() async throws {
        try await withStore { files in
            try await add("a", to: files)
            try await files.store.update { note in note?.lines = ["a"] }
            try await files.store.update { note in note = nil }
            #expect(try files.store.load()?.serial == 1)
        }
    }

    @Test func tenUpdatesAtOnceLoseNothing() async throws {
        try await withStore(initial: Note()) { files in
            try await withThrowingTaskGroup { group in
                for number in 0..<10 {
                    group.addTask { try await files.store.update { $0?.lines.append("\(number)") } }
                }
                try await group.waitForAll()
            }
            #expect(try files.store.load()?.document.lines.sorted() == (0..<10).map(String.init))
        }
    }

    @Test func fourReadersAreInsideAtOnceAndAWriterWaitsForThem() async throws {
        try await withStore(initial: Note()) { files in
            let inside = Tally()
            let left = Tally()
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await files.store.withSharedAccess { _ in
                            inside.add()
                            // Each leaves when all four have come in and the writer has had time to try.
                            while inside.count < 4 { try await Task.sleep(for: .milliseconds(2)) }
                            try await Task.sleep(for: .milliseconds(100))
                            left.add()
                        }
                    }
                }
                group.addTask {
                    while inside.count < 4 { try await Task.sleep(for: .milliseconds(2)) }
                    try await files.store.withLease { _ in #expect(left.count == 4) }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aReaderWaitsForAWriter() async throws {
        try await withStore(lockTimeout: .milliseconds(50)) { files in
            try await add("a", to: files)
            let lease = try await files.store.acquireLease(for: .save)
            let error = try await refusal { try await files.store.withSharedAccess { _ in } }
            #expect(error.code == .lockAcquisitionFailed)
            #expect(error.holder?.pid == ProcessInfo.processInfo.processIdentifier)
            await lease.release()
            try await files.store.withSharedAccess { stored in #expect(stored?.document.lines == ["a"]) }
        }
    }

    // MARK: Metrics

    @Test func savesAreCountedByHowTheyEnded() async throws {
        try await withStore(initial: Note()) { files in
            #expect(files.store.metrics.summary.successRate == nil)
            try await add("a", "b", "c", to: files)
            try await files.store.withLease { lease in
                try overwrite(files.state, bytes(files.state) + [10])
                _ = try? await lease.save(Note(lines: ["lost"]))
            }
            let summary = files.store.metrics.summary
            #expect(summary.attempts == 4)
            #expect(summary.successes == 3)
            #expect(summary.failures == [.conflict: 1])
            #expect(summary.successRate == 0.75)
            #expect(summary.times.count == 4)
            let times = try [summary.times.shortest, summary.times.mean, summary.times.longest].map { try #require($0) }
            #expect(times[0] > .zero && times[0] <= times[1] && times[1] <= times[2])
            let text = "4 saves: 3 succeeded, 1 failed (1 conflict); p50 "
            #expect(summary.description.hasPrefix(text), "\(summary)")
            #expect(summary.description.contains(/p95 [0-9.]+ ms, p99 [0-9.]+ ms, longest [0-9.]+ ms$/), "\(summary)")
        }
    }

    @Test func aRepositoryCountsTheSavesOfAllItsEnvironments() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await files.repository.withLockTimeout(.zero).save(Sample.next(name: "other-env"))
            #expect(files.repository.metrics.summary.successes == 3)
        }
    }

    // MARK: Forms

    /// A note as it was first, then with lines, then with an author.
    struct NoteV1: VersionedDocument { var text: String }
    struct NoteV2: VersionedDocument {
        var lines: [String]
        init(lines: [String]) { self.lines = lines }
        init(upgrading previous: NoteV1) { lines = previous.text.split(separator: "\n").map(String.init) }
    }
    struct NoteV3: VersionedDocument {
        var lines: [String]
        var author: String
        init(upgrading previous: NoteV2) throws {
            guard !previous.lines.isEmpty else { throw CocoaError(.coderInvalidValue) }
            lines = previous.lines
            author = "unknown"
        }
    }

    private func store<Document>(_: Document.Type, in folder: String) throws -> JSONDocumentStore<Document> {
        JSONDocumentStore(folder: try AbsolutePath(folder + "/store"), name: "note", emergencyFolder: folder)
    }

    @Test func aFormsVersionIsItsPlaceInTheChain() {
        #expect(NoteV1.schemaVersion == 1 && NoteV2.schemaVersion == 2 && NoteV3.schemaVersion == 3)
        #expect(DocumentFormat<NoteV3>.schemaVersion == 3)
        #expect(DocumentFormat<Note>.schemaVersion == 1)
    }

    @Test func anOlderFormIsUpgradedOnLoadAndWrittenWithTheNextSave() async throws {
        try await withTemporaryFolder { folder in
            let first = try store(NoteV1.self, in: folder)
            try await first.update { $0 = NoteV1(text: "a\nb") }
            let state = folder + "/store/state.json"
            let before = try bytes(state)

            let third = try store(NoteV3.self, in: folder)
            #expect(try third.load()?.document.lines == ["a", "b"])
            #expect(try third.load()?.document.author == "unknown")
            #expect(try bytes(state) == before)

            let log = LogCollector()
            try await log.collect { try await third.update { $0?.author = "me" } }
            #expect(log.records(.info).contains { $0["schema_version"] == "1" })
            #expect(try third.load()?.serial == 2)
            #expect(try text(state).contains("\"schema_version\" : 3"))
            #expect(try third.state(at: 1)?.document.lines == ["a", "b"])
            #expect(try third.history()?.flaws == [])
        }
    }

    @Test func theFormInBetweenIsUpgradedOnce() async throws {
        try await withTemporaryFolder { folder in
            try await store(NoteV2.self, in: folder).update { $0 = NoteV2(lines: ["a"]) }
            #expect(try store(NoteV3.self, in: folder).load()?.document.lines == ["a"])
        }
    }

    @Test func aBareDocumentIsOfTheFirstForm() async throws {
        try await withTemporaryFolder { folder in
            try await shell("mkdir \(folder)/store")
            try overwrite(folder + "/store/state.json", Array(#"{"text":"a\nb"}"#.utf8))
            let third = try store(NoteV3.self, in: folder)
            #expect(try third.load()?.document.lines == ["a", "b"])
            #expect(try third.load()?.serial == 0)
        }
    }

    @Test func aNewerFormIsRefusedAndLeftAlone() async throws {
        try await withTemporaryFolder { folder in
            try await store(NoteV2.self, in: folder).update { $0 = NoteV2(lines: ["a"]) }
            let before = try bytes(folder + "/store/state.json")
            let first = try store(NoteV1.self, in: folder)
            for error in [
                try await refusal { try first.load() },
                try await refusal { try await first.update { $0 = NoteV1(text: "mine") } },
            ] {
                #expect(error.code == .schemaTooNew)
                #expect(error.message.contains("schema version 2, and this program knows versions up to 1"))
            }
            #expect(try bytes(folder + "/store/state.json") == before)
        }
    }

    @Test func anUpgradeThatThrowsIsDamageAndLeavesTheFileAlone() async throws {
        try await withTemporaryFolder { folder in
            try await store(NoteV1.self, in: folder).update { $0 = NoteV1(text: "") }
            let before = try bytes(folder + "/store/state.json")
            let error = try await refusal { try store(NoteV3.self, in: folder).load() }
            #expect(error.code == .corruptedStateFile)
            #expect(try bytes(folder + "/store/state.json") == before)
        }
    }
}
