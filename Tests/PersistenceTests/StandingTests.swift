import DocumentStore
import EnvironmentDomain
import Foundation
import JSONText
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of the answer to what is stored: the change of the files, the result of a load, and the error of a command.
@Suite("The standing of an environment", .silentLog)
struct StandingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let shell: String
        /// The serial that a load returns; `nil` when it throws.
        let loads: Int?
        /// The error code of a changing command; `nil` when it succeeds.
        let refusal: RepositoryError.Code?

        init(_ description: String, _ shell: String, loads: Int?, _ refusal: RepositoryError.Code?) {
            testDescription = description
            self.shell = shell
            self.loads = loads
            self.refusal = refusal
        }
    }

    /// `old.json` and `old.jsonl` are the checkpoint and the log of serial 2; the stored state has serial 4.
    static let cases = [
        Case("an older checkpoint is put back", "cp old.json state.json", loads: 4, nil),
        Case("the checkpoint is removed", "rm state.json", loads: 4, nil),
        Case("an older log is put back", "cp old.jsonl history.jsonl", loads: 2, .corruptedStateFile),
        Case("both are put back", "cp old.json state.json; cp old.jsonl history.jsonl", loads: 2, nil),
        Case("the checkpoint is edited", "sed -i s/env-my-env/env-yours/ state.json", loads: 4, .checksumMismatch),
        Case("the checkpoint is emptied", ": > state.json", loads: 4, .checksumMismatch),
        Case("the checkpoint is a folder", "rm state.json; mkdir state.json", loads: 4, .notRegularFile),
        Case("the log is removed", "rm history.jsonl", loads: nil, .corruptedStateFile),
        Case("the log is a folder", "rm history.jsonl; mkdir history.jsonl", loads: nil, .notRegularFile),
        Case("the log is emptied", ": > history.jsonl", loads: nil, .corruptedStateFile),
        Case(
            "a byte of the newest line is changed", "sed -i '4s/env-my-env/env-my-enw/' history.jsonl", loads: nil,
            .checksumMismatch),
        Case(
            "every line is changed", "sed -i 's/env-my-env/env-my-enw/' history.jsonl", loads: nil, .corruptedStateFile),
        Case(
            "only keys are left", "rm history.jsonl state.json; mkdir keys; touch keys/id", loads: nil,
            .corruptedStateFile),
        Case(
            "only a rotated log is left", "mv history.jsonl history.jsonl.1; rm state.json", loads: nil,
            .corruptedStateFile),
        Case(
            "only backups are left", "rm history.jsonl state.json; mkdir backups", loads: nil, .corruptedStateFile),
    ]

    private func touched(_ touch: Case, _ body: (TestFiles) async throws -> Void) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let folder = files.environmentFolder
            try await shell("cd \(folder); cp state.json old.json; cp history.jsonl old.jsonl")
            try await files.save(2)
            try await shell("cd \(folder); \(touch.shell); rm old.json old.jsonl")
            try await body(files)
        }
    }

    @Test("A load returns the stored state, or throws when it is unknown", arguments: cases)
    func loads(_ touch: Case) async throws {
        try await touched(touch) { files in
            let serial: Int?
            do throws(RepositoryError) {
                serial = try await files.stored()?.serial
            } catch {
                serial = nil
                #expect(error.code == touch.refusal)
                #expect(error.message.contains(files.history), "\(error.message)")
            }
            #expect(serial == touch.loads)
        }
    }

    @Test(
        "A changing command continues from the newest state, or changes nothing and throws the reason",
        arguments: cases
    )
    func changes(_ touch: Case) async throws {
        try await touched(touch) { files in
            let before = try? bytes(files.history)
            guard let code = touch.refusal else {
                try await files.save()
                #expect(try await files.stored()?.serial == (touch.loads ?? 0) + 1)
                return
            }
            let saving = try await refusal { try await files.save() }
            let deleting = try await refusal { try await files.repository.delete(files.name) }
            #expect(saving.code == code && deleting.code == code)
            #expect((try? bytes(files.history)) == before)
            #expect(try await files.repository.names() == [files.name])
            #expect(try await files.repository.exists(files.name))
        }
    }

    @Test("An examination finds the error of a changing command, and no other problem", arguments: cases)
    func examined(_ touch: Case) async throws {
        try await touched(touch) { files in
            let problems = await files.repository.examine(files.name).filter { $0.severity == .problem }
            #expect(problems.isEmpty == (touch.refusal == nil), "\(problems)")
        }
    }

    @Test("A checkpoint of another lineage with the same name is refused")
    func otherLineage() async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("cp \(files.state) \(files.folder)/old.json")
            try await files.repository.delete(files.name)
            try await files.save()
            try await shell("cp \(files.folder)/old.json \(files.state)")
            #expect(try await refusal { try await files.save() }.code == .wrongEnvironment)
            try await files.repository.refreshCheckpoint(of: files.name)
            try await files.save()
            #expect(try await files.stored()?.serial == 2)
        }
    }

    @Test("A renamed folder is not an environment of its new name, for readers and writers")
    func renamed() async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("mv \(files.environmentFolder) \(files.folder)/data/renamed")
            let name = EnvironmentName("renamed")
            #expect(try await refusal { try await files.repository.load(name) }.code == .wrongEnvironment)
            let environment = try Sample.environment(name: "renamed")
            #expect(try await refusal { try await files.repository.save(environment) }.code == .wrongEnvironment)
        }
    }

    @Test(
        "A renamed folder is neither restored, shown nor forgotten under its new name",
        arguments: ["state", "restore", "forget", "edit"])
    func renamedPast(what: String) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let folder = files.folder + "/data/renamed"
            try await shell("mv \(files.environmentFolder) \(folder)")
            if what == "edit" { try await shell("sed -i 's/env-my-env/env-other/' \(folder)/state.json") }
            let before = try bytes(folder + "/history.jsonl")
            let (name, repository) = (EnvironmentName("renamed"), files.repository)
            let error = try await refusal {
                switch what {
                case "state": _ = try await repository.state(of: name, at: 1)
                case "restore": _ = try await repository.restore(name, to: 1, reason: "none")
                case "forget": _ = try await repository.forget(name, at: 2)
                default: _ = try await repository.editedState(of: name)
                }
            }
            #expect(error.code == .wrongEnvironment && error.message.contains("my-env and not renamed"), "\(error)")
            #expect(try bytes(folder + "/history.jsonl") == before)
        }
    }

    @Test("A decoding error has the decoder's error as its cause, with the place in the text")
    func causes() async throws {
        try await withFileRepository { files in
            try await files.save()
            let line = try #require(try files.lines().first)
            let wrong = try #require(
                LogLineText(line.replacing("\"instance_name\":\"env-my-env\"", with: "\"instance_name\":7")).resealed)
            try files.setLines([wrong])
            let record = files.folder + "/record.json"
            try overwrite(record, wrong.utf8)
            for error in [
                try await refusal { try await files.stored() },
                try await refusal { try await files.repository.recover(record, for: files.name) },
            ] {
                guard case .typeMismatch(_, let context) = error.cause as? DecodingError else {
                    Issue.record("\(String(describing: error.cause))")
                    continue
                }
                #expect(context.codingPath.map(\.stringValue) == ["environment", "Created", "instance_name"])
                #expect(context.underlyingError is JSONNodeError)
            }
            try overwrite(record, "{ half".utf8)
            let error = try await refusal { try await files.repository.recover(record, for: files.name) }
            #expect((error.cause as? JSONError)?.offset == 2)
        }
    }

    @Test("A line of a newer program is neither read nor continued")
    func tooNew() async throws {
        try await withFileRepository { files in
            try await files.save()
            let line = try #require(try files.lines().first)
            let newer = try #require(
                LogLineText(line.replacing("\"schema_version\":2", with: "\"schema_version\":9")).resealed)
            try files.setLines([newer])
            try await shell("rm \(files.state)")
            #expect(try await refusal { try await files.stored() }.code == .schemaTooNew)
            #expect(try await refusal { try await files.save() }.code == .schemaTooNew)
            #expect(try files.lines() == [newer])
        }
    }

    @Test("A purge of a damaged environment must be requested", arguments: [false, true])
    func purgeDamaged(evenIfDamaged: Bool) async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("cd \(files.environmentFolder); mkdir keys; touch keys/id; rm history.jsonl")
            try await files.repository.withLease(files.name, for: .purge) { lease in
                if evenIfDamaged {
                    try await lease.delete(evenIfDamaged: true)
                } else {
                    #expect(try await refusal { try await lease.delete() }.code == .corruptedStateFile)
                }
            }
            #expect(exists(files.environmentFolder + "/keys/id") != evenIfDamaged)
        }
    }

    @Test(
        "An unusable lock file is an error that names it, and never a wait", arguments: ["mkdir", "mkfifo", "ln -s x"])
    func unusableLock(make: String) async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("rm \(files.lock); \(make) \(files.lock)")
            let error = try await refusal { try await files.save() }
            #expect(error.code == .lockUnusable)
            #expect(error.message.contains(files.lock))
            #expect(try await files.stored()?.serial == 1)
        }
    }

    @Test(
        "An examination reports a file, folder or link of the wrong kind",
        arguments: [
            "state.json.lock", "busy", "logs", "traces", "keys", "instance", "build", "history.jsonl",
            "history.jsonl.1",
            "state.json",
        ], ["folder", "file", "link", "pipe"])
    func wrongKinds(name: String, kind: String) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let folders = ["logs", "traces", "keys", "instance", "build"]
            if kind == (folders.contains(name) ? "folder" : "file") { return }
            let make = ["folder": "mkdir", "file": "touch", "link": "ln -s nowhere", "pipe": "mkfifo"][kind] ?? ""
            let path = "\(files.environmentFolder)/\(name)"
            try await shell("rm -rf \(path); \(make) \(path)")
            let problems = await files.repository.examine(files.name).filter { $0.severity == .problem }
            #expect(problems.contains { $0.message.contains(path) }, "\(problems)")
        }
    }

    @Test("A read error names its file")
    func readError() async throws {
        try await withFileRepository { files in
            try overwrite(files.folder + "/data", [])
            #expect(try await refusal { try await files.stored() }.path == files.environmentFolder)
            #expect(try await refusal { try await files.save() }.code == .directoryCreationFailed)
        }
    }
}

/// A line of the log as text that tests can change.
struct LogLineText {
    let text: String
    init(_ text: String) { self.text = text }

    /// The text with the checksum of its present content.
    var resealed: String? {
        LogLine(edited: Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
