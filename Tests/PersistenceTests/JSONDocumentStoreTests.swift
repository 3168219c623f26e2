import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of the generic document store.
@Suite("The store of any document", .silentLog)
struct JSONDocumentStoreTests {
    struct Note: Codable, Hashable, Sendable {
        var lines: [String] = []
    }

    private struct Files {
        let folder: String
        let store: JSONDocumentStore<Note>
        var state: String { folder + "/state.json" }
    }

    private func withStore(
        initial: Note? = nil, damagePolicy: DamagePolicy = .fail, lockTimeout: Duration = .seconds(540),
        _ body: (Files) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let store = JSONDocumentStore<Note>(
                folder: try AbsolutePath(folder + "/store"), name: "note", initial: initial,
                damagePolicy: damagePolicy, lockTimeout: lockTimeout, emergencyFolder: folder + "/emergency")
            try await body(Files(folder: folder + "/store", store: store))
        }
    }

    private func add(_ lines: String..., to files: Files) async throws {
        for line in lines {
            try await files.store.update { note in note = Note(lines: (note?.lines ?? []) + [line]) }
        }
    }

    @Test("The initial document is returned before the first save and not written by reading")
    func initial() async throws {
        try await withStore(initial: Note(lines: ["first"])) { files in
            #expect(try await files.store.load()?.document.lines == ["first"])
            #expect(!exists(files.folder))
            try await files.store.update { _ in }
            #expect(try await files.store.load()?.serial == 1)
        }
    }

    @Test("A batch of changes is one save, and none if it throws or changes nothing")
    func batch() async throws {
        try await withStore(initial: Note()) { files in
            try await files.store.update(reason: "a hundred at once") { note in
                for number in 0..<100 { note?.lines.append("\(number)") }
            }
            await #expect(throws: CancellationError.self) {
                try await files.store.update { note in
                    note?.lines.append("half")
                    throw CancellationError()
                }
            }
            try await files.store.update { note in note = nil }
            let stored = try await files.store.load()
            #expect(stored?.document.lines.count == 100 && stored?.serial == 1)
            #expect(stored?.line?.event.reason == "a hundred at once")
        }
    }

    @Test("Ten concurrent updates lose nothing")
    func concurrent() async throws {
        try await withStore(initial: Note()) { files in
            try await withThrowingTaskGroup { group in
                for number in 0..<10 {
                    group.addTask { try await files.store.update { $0?.lines.append("\(number)") } }
                }
                try await group.waitForAll()
            }
            #expect(try await files.store.load()?.document.lines.sorted() == (0..<10).map(String.init))
        }
    }

    @Test(
        "A damaged file is kept under a free name, and a new document is started",
        arguments: ["", "{\"check", "not JSON"]
    )
    func setAside(damage: String) async throws {
        try await withStore(initial: Note(lines: ["first"]), damagePolicy: .setAside) { files in
            try await add("a", "b", to: files)
            for name in [".bak", ".bak.2"] {
                try overwrite(files.state, damage.utf8)
                #expect(try await files.store.load()?.document.lines == ["first"])
                #expect(!exists(files.state + name), "a load changes nothing")
                try await add("c", to: files)
                #expect(try await files.store.load()?.document.lines == ["first", "c"])
                #expect(try text(files.state + name) == damage)
            }
        }
    }

    @Test("A damaged checkpoint is kept and written again from the log")
    func checkpointRestored() async throws {
        try await withStore(damagePolicy: .restoreBackup) { files in
            try await add("a", "b", to: files)
            try overwrite(files.state, Array("damaged".utf8))
            #expect(try await files.store.load()?.document.lines == ["a", "b"])
            try await add("c", to: files)
            #expect(try await files.store.load()?.document.lines == ["a", "b", "c"])
            #expect(try text(files.state + ".bak") == "damaged")
        }
    }

    @Test("A damaged log is replaced by the newest complete state")
    func logRestored() async throws {
        try await withStore(damagePolicy: .restoreBackup) { files in
            try await add("a", "b", to: files)
            try overwrite(files.folder + "/history.jsonl", Array("damaged\n".utf8))
            #expect(try await files.store.load()?.document.lines == ["a", "b"])
            try await add("c", to: files)
            #expect(try await files.store.load()?.document.lines == ["a", "b", "c"])
            #expect(try await files.store.history()?.lines.map { $0.event.command } == [.restore, .save])
        }
    }

    @Test("Readers run concurrently, and a writer waits for them")
    func shared() async throws {
        try await withStore(initial: Note(), lockTimeout: .milliseconds(50)) { files in
            try await files.store.withSharedAccess { _ in
                try await files.store.withSharedAccess { _ in }
                let error = try await refusal { try await files.store.acquireLease() }
                #expect(error.code == .lockAcquisitionFailed)
            }
            try await files.store.withLease { _ in
                let error = try await refusal { try await files.store.withSharedAccess { _ in } }
                #expect(error.holder?.pid == ProcessInfo.processInfo.processIdentifier)
            }
        }
    }

    @Test("Saves are counted by outcome")
    func metrics() async throws {
        try await withStore(initial: Note()) { files in
            try await add("a", "b", "c", to: files)
            try await files.store.withLease { lease in
                try await shell("echo x >> \(files.folder)/history.jsonl")
                _ = try? await lease.save(Note(lines: ["lost"]))
            }
            let summary = files.store.metrics.summary
            #expect(summary.successes == 3 && summary.failures == [.conflict: 1])
        }
    }

    // MARK: Forms

    struct NoteV1: VersionedDocument { var text: String }
    struct NoteV2: VersionedDocument {
        var lines: [String]
        init(upgrading previous: NoteV1) { lines = previous.text.split(separator: "\n").map(String.init) }
    }
    struct NoteV3: VersionedDocument {
        var lines: [String]
        var author: String
        init(upgrading previous: NoteV2) {
            lines = previous.lines
            author = "unknown"
        }
    }

    private func store<Document>(_: Document.Type, in folder: String) throws -> JSONDocumentStore<Document> {
        JSONDocumentStore(folder: try AbsolutePath(folder + "/store"), name: "note", emergencyFolder: folder)
    }

    @Test("An older form is upgraded on load and written with the next save; a newer one is refused")
    func forms() async throws {
        try await withTemporaryFolder { folder in
            try await store(NoteV1.self, in: folder).update { $0 = NoteV1(text: "a\nb") }
            let third = try store(NoteV3.self, in: folder)
            #expect(try await third.load()?.document.lines == ["a", "b"])
            try await third.update { $0?.author = "me" }
            #expect(try await third.load()?.document.author == "me")
            #expect(try await third.state(at: 1)?.document.author == "unknown")
            let first = try store(NoteV1.self, in: folder)
            #expect(try await refusal { try await first.load() }.code == .schemaTooNew)
            #expect(try await refusal { try await first.update { $0 = NoteV1(text: "") } }.code == .schemaTooNew)
        }
    }
}
