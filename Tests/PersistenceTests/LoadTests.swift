import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

/// Loading what is damaged, foreign or in the way.
@Suite(.silentLog)
struct LoadTests {
    /// What can be wrong with a state file, and what loading it must say.
    struct Harm: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: RepositoryError.Code
        let words: String
        let bytes: @Sendable (_ whole: [UInt8]) throws -> [UInt8]

        init(
            _ description: String, _ code: RepositoryError.Code, _ words: String,
            _ bytes: @escaping @Sendable (_ whole: [UInt8]) throws -> [UInt8]
        ) {
            testDescription = description
            self.code = code
            self.words = words
            self.bytes = bytes
        }
    }

    static let harms = [
        Harm("empty", .deserializationFailed, "is empty (0 bytes)") { _ in [] },
        Harm("cut off", .deserializationFailed, "is cut off after 300 bytes") { Array($0.prefix(300)) },
        Harm("not JSON", .deserializationFailed, "is not JSON") { _ in Array("# notes\n".utf8) },
        Harm("zeros", .deserializationFailed, "is not JSON") { $0.map { _ in 0 } },
        Harm("edited", .checksumMismatch, "was edited or damaged") { whole in
            Array(String(decoding: whole, as: UTF8.self).replacing("env-my-env", with: "env-my-enw").utf8)
        },
        Harm("a space more", .checksumMismatch, "was edited or damaged") { $0.dropLast() + [32, 10] },
        Harm("JSON of something else", .corruptedStateFile, "is not a document of this kind") { _ in
            Array("{\"name\": 1}\n".utf8)
        },
        Harm("a newer schema", .schemaTooNew, "has schema version 2") { whole in
            try resealed(String(decoding: whole, as: UTF8.self), "\"schema_version\" : 1", "\"schema_version\" : 2")
        },
    ]

    /// Saves twice, so that there is a backup, and puts the harm in the state file's place.
    private func withHarm(_ harm: Harm, _ body: (TestFiles) async throws -> Void) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try overwrite(files.state, harm.bytes(bytes(files.state)))
            try await body(files)
        }
    }

    @Test(arguments: harms)
    func damageHasACodeOfItsOwnAndIsNamed(_ harm: Harm) async throws {
        try await withHarm(harm) { files in
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.code == harm.code)
            #expect(error.message.contains("\(files.state) \(harm.words)"), "\(error.message)")
            #expect(error.path == files.state)
        }
    }

    @Test(arguments: harms.filter { $0.code != .schemaTooNew })
    func theErrorNamesTheNewestGoodBackupAndTheWayToRestoreIt(_ harm: Harm) async throws {
        try await withHarm(harm) { files in
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.message.contains("The newest good backup is \(files.backup(1)) (serial 1"))
            #expect("\(error)".contains("recover(\"\(files.backup(1))\", for: name)"))
        }
    }

    @Test(arguments: harms)
    func damageLeavesEveryFileAsItIs(_ harm: Harm) async throws {
        try await withHarm(harm) { files in
            let before = try bytes(files.state)
            let entries = try names(in: files.environmentFolder)
            _ = try await refusal { try files.repository.load(files.name) }
            #expect(try bytes(files.state) == before)
            #expect(try names(in: files.environmentFolder) == entries)
        }
    }

    @Test(arguments: harms)
    func nothingIsSavedOverDamage(_ harm: Harm) async throws {
        try await withHarm(harm) { files in
            let before = try bytes(files.state)
            try await files.repository.withLease(files.name, for: .run) { lease in
                let error = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
                #expect(error.code == harm.code)
            }
            #expect(try bytes(files.state) == before)
        }
    }

    @Test(arguments: harms)
    func whatCannotBeReadExistsAllTheSame(_ harm: Harm) async throws {
        try await withHarm(harm) { files in
            let exists = try files.repository.exists(files.name)
            #expect(exists)
        }
    }

    @Test func aBackupThatIsDamagedTooIsNotOffered() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try overwrite(files.state, [])
            try overwrite(files.backup(2), [])
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.message.contains("The newest good backup is \(files.backup(1))"))
        }
    }

    @Test func withoutAGoodBackupTheErrorSaysSo() async throws {
        try await withFileRepository { files in
            try await files.save(1)
            try overwrite(files.state, [])
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.message.contains("There is no good backup in \(files.backups)"))
        }
    }

    @Test func theMessageOnWhatIsNotJSONSaysWhere() async throws {
        try await withFileRepository { files in
            try await files.save(1)
            try overwrite(files.state, Array("{\n  \"a\" : nonsense\n}\n".utf8))
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.message.contains("is not JSON: line 2, column 10."), "\(error.message)")
        }
    }

    @Test(arguments: [
        ("\"schema_version\" : 1", "\"schema_version\" : 1,\n  \"unknown\" : true"),
        ("\"schema_version\" : 1", "\"schema_version\" : 1,\n  \"unknown\" : [{}]"),
    ])
    func aLeaseRefusesMembersThatASaveWouldDrop(_ part: String, _ replacement: String) async throws {
        try await withFileRepository { files in
            try await files.save()
            try overwrite(files.state, resealed(text(files.state), part, replacement))
            #expect(try files.repository.load(files.name) != nil)
            try await files.repository.withLease(files.name, for: .run) { lease in
                let error = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
                #expect(error.code == .corruptedStateFile)
                #expect(error.message.contains("holds members"))
            }
        }
    }

    @Test func membersThatASaveWouldDropAreRefusedByALookToo() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let part = "\"schema_version\" : 1"
            try overwrite(files.state, resealed(text(files.state), part, part + ",\n  \"unknown\" : true"))
            let before = try bytes(files.state)
            for isLookedAt in [true, false] {
                try await files.repository.withLease(files.name, for: .run) { lease in
                    if isLookedAt {
                        #expect(try await refusal { try await lease.stored }.code == .corruptedStateFile)
                    }
                    for _ in 0..<2 {
                        let error = try await refusal {
                            try await lease.save(Sample.next(), event: Sample.transition())
                        }
                        #expect(error.code == .corruptedStateFile)
                    }
                    #expect(try await refusal { try await lease.stored }.code == .corruptedStateFile)
                }
                #expect(try bytes(files.state) == before)
                #expect(try files.temporaryFiles() == [])
            }
            let restored = try await files.repository.restore(files.name, to: 1, reason: "members nobody knows")
            #expect(restored.serial == 3)
            #expect(try names(in: files.environmentFolder).contains { $0.hasPrefix("state.json.damaged-") })
        }
    }

    @Test func aBareDocumentIsReadAndTheNextSaveUpgradesIt() async throws {
        try await withFileRepository { files in
            try FileManager.default.createDirectory(
                atPath: files.environmentFolder, withIntermediateDirectories: true)
            let environment = try Sample.environment(.provisioned)
            try overwrite(files.state, JSONEncoder().encode(environment))
            let bare = try files.repository.load(files.name)
            #expect(bare?.document == environment)
            #expect(bare?.serial == 0)
            try await files.save()
            let saved = try #require(try files.repository.load(files.name))
            #expect(saved.serial == 1)
            #expect(saved.lineage != nil)
            #expect(try files.historyLines().count == 1)
        }
    }

    @Test func aBareDocumentInPlaceOfAnotherBeginsANewHistory() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try overwrite(files.state, JSONEncoder().encode(Sample.environment(.provisioned)))
            try await files.save()
            #expect(try files.repository.load(files.name)?.serial == 1)
            #expect(try files.historyLines().count == 1)
            #expect(try names(in: files.environmentFolder).contains { $0.hasPrefix("history.jsonl.2") })
        }
    }

    // MARK: What is not a file of this environment

    private func withRenamedFolder(_ body: (TestFiles, EnvironmentName) async throws -> Void) async throws {
        try await withFileRepository { files in
            try await files.save()
            try FileManager.default.moveItem(
                atPath: files.environmentFolder, toPath: files.folder + "/data/renamed")
            try await body(files, EnvironmentName("renamed"))
        }
    }

    @Test func aRenamedFolderIsNotAnEnvironmentOfItsNewName() async throws {
        try await withRenamedFolder { files, name in
            let error = try await refusal { try files.repository.load(name) }
            #expect(error.code == .wrongEnvironment)
            #expect(error.message.contains("holds the environment my-env and not renamed"))
        }
    }

    @Test func nothingIsSavedInARenamedFolder() async throws {
        try await withRenamedFolder { files, name in
            try await files.repository.withLease(name, for: .create) { lease in
                let error = try await refusal {
                    try await lease.save(Sample.environment(name: "renamed"), event: Sample.transition())
                }
                #expect(error.code == .wrongEnvironment)
            }
            #expect(try text(files.folder + "/data/renamed/state.json").contains("\"name\" : \"my-env\""))
        }
    }

    enum Obstacle: String, CaseIterable, CustomTestStringConvertible {
        case link, folder, pipe

        var testDescription: String { rawValue }

        func put(at path: String) async throws {
            switch self {
            case .link: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/hostname")
            case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .pipe: try await shell("mkfifo \(path)")
            }
        }
    }

    @Test(arguments: Obstacle.allCases)
    func whatIsNoFileInTheStateFilesPlaceIsRefusedAndLeftAlone(_ obstacle: Obstacle) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try FileManager.default.removeItem(atPath: files.state)
            try await obstacle.put(at: files.state)
            let before = try status(files.state)
            let loading = try await refusal { try files.repository.load(files.name) }
            let saving = try await refusal { try await files.save() }
            #expect(loading.code == .notRegularFile)
            #expect(saving.code == .notRegularFile)
            #expect(loading.message.contains(files.backup(1)))
            #expect(try status(files.state) == before)
        }
    }

    @Test(arguments: Obstacle.allCases)
    func whatIsNoFileInTheLockFilesPlaceIsAnErrorAndNeverAWait(_ obstacle: Obstacle) async throws {
        try await withFileRepository { files in
            try await files.save()
            try FileManager.default.removeItem(atPath: files.lock)
            try await obstacle.put(at: files.lock)
            let error = try await refusal { try await files.save() }
            #expect(error.code == .lockUnusable)
            #expect(error.message.contains(files.lock))
            #expect(error.cause is SystemError)
            #expect(try files.repository.load(files.name)?.serial == 1)
        }
    }

    @Test func aFileThatIsTooLargeIsNotRead() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            try await shell("truncate -s 1T \(files.state)")
            let error = try await refusal { try files.repository.load(files.name) }
            #expect(error.code == .tooLarge)
            #expect(error.message.contains("1099511627776 bytes"))
            #expect(error.message.contains(files.backup(1)))
        }
    }

    @Test func aFileInPlaceOfTheDataFolderIsAnError() async throws {
        try await withFileRepository { files in
            try overwrite(files.folder + "/data", [])
            let repository = files.repository
            #expect(try await refusal { try repository.load(files.name) }.code == .readStateFailed)
            #expect(try await refusal { try repository.names() }.code == .readStateFailed)
            #expect(try await refusal { try await files.save() }.code == .directoryCreationFailed)
            #expect(try await refusal { try await repository.delete(files.name) }.code == .directoryCreationFailed)
        }
    }

    @Test func filesInTheDataFolderAreNotEnvironments() async throws {
        try await withFileRepository { files in
            try await files.save()
            try overwrite(files.folder + "/data/notes", [])
            try overwrite(files.folder + "/data/README.md", [])
            #expect(try files.repository.names() == [files.name])
        }
    }

    @Test func aStateFileThatSomebodyRemovedIsStillNamed() async throws {
        try await withFileRepository { files in
            try await files.save()
            try await shell("rm \(files.state)")
            #expect(try files.repository.names() == [files.name])
            try await files.repository.delete(files.name)
            #expect(try files.repository.names() == [])
        }
    }

    @Test func loadingWhatIsNotThereMakesNoFolder() async throws {
        try await withFileRepository { files in
            _ = try files.repository.load(files.name)
            _ = try files.repository.holder(of: files.name)
            try await files.repository.delete(files.name)
            #expect(try names(in: files.folder) == [])
        }
    }
}
