import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// What can be asked of a history, and what it finds when somebody was at it.
@Suite(.silentLog)
struct DocumentHistoryTests {
    typealias Kind = DocumentHistory.Flaw.Kind

    private func read(_ files: TestFiles) throws -> DocumentHistory {
        try #require(try files.repository.history(of: files.name))
    }

    /// Puts what `change` makes of the lines in the place of the history.
    private func rewrite(_ files: TestFiles, _ change: (inout [String]) -> Void) throws {
        var lines = try files.historyLines().map(String.init)
        change(&lines)
        try overwrite(files.history, Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    @Test func aNameThatWasNeverSavedHasNoHistory() async throws {
        try await withFileRepository { files in
            let history = try files.repository.history(of: files.name)
            #expect(history == nil)
        }
    }

    @Test func aHistoryHasEveryLineAndNoFlaw() async throws {
        try await withFileRepository { files in
            try await files.save(20)
            let history = try read(files)
            #expect(history.lines.map(\.serial) == Array(1...20))
            #expect(history.flaws == [])
        }
    }

    /// What somebody does to a history of ten lines, and what is found.
    struct Attack: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let change: @Sendable (inout [String]) -> Void
        let flaws: [String]

        init(_ what: String, _ flaws: String..., change: @escaping @Sendable (inout [String]) -> Void) {
            testDescription = what
            self.change = change
            self.flaws = flaws
        }
    }

    static let attacks = [
        Attack("a line edited", "line 4: edited") { $0[3] = $0[3].replacing("\"save\"", with: "\"destroy\"") },
        Attack("the newest line edited", "line 10: edited") { $0[9] = $0[9].replacing("\"save\"", with: "\"run\"") },
        Attack("the first line edited", "line 1: edited") { $0[0] = $0[0].replacing("\"save\"", with: "\"run\"") },
        // What an edited line says of the one before proves nothing against that one.
        Attack("two neighbours edited", "line 5: edited") {
            for index in 3...4 { $0[index] = $0[index].replacing("\"save\"", with: "\"run\"") }
        },
        Attack("a serial changed", "line 4: out of order or repeated", "line 5: serial 4 is missing before it") {
            $0[3] = $0[3].replacing("\"serial\":4", with: "\"serial\":40")
        },
        Attack("a line removed", "line 4: serial 4 is missing before it") { $0.remove(at: 3) },
        Attack("the first line removed", "line 1: serial 1 is missing before it") { $0.removeFirst() },
        Attack("three lines removed", "line 4: serials 4 to 6 are missing before it") { $0.removeSubrange(3...5) },
        Attack("the newest three lines removed", "line 8: serials 8 to 9 are missing before it") { $0.removeLast(3) },
        Attack("two lines swapped", "line 4: out of order or repeated") { $0.swapAt(3, 4) },
        Attack("a line moved to the end", "line 10: out of order or repeated") { $0.append($0.remove(at: 1)) },
        Attack("a line repeated", "line 4: out of order or repeated") { $0.insert($0[3], at: 4) },
        Attack("a line that is no JSON added", "line 3: cannot be read") { $0.insert("not JSON", at: 2) },
    ]

    @Test(arguments: attacks)
    func whatWasDoneToAHistoryIsFoundAndLocated(_ attack: Attack) async throws {
        try await withFileRepository { files in
            try await files.save(10)
            try rewrite(files, attack.change)
            #expect(try read(files).flaws.map(\.description) == attack.flaws.map { "history.jsonl, \($0)" })
        }
    }

    @Test func aLineThatCannotBeReadIsReportedAndTheOthersAreThere() async throws {
        try await withFileRepository { files in
            try await files.save(5)
            try rewrite(files) { $0[2] = "{" }
            let log = LogCollector()
            let history = try await log.collect { try self.read(files) }
            #expect(history.lines.map(\.serial) == [1, 2, 4, 5])
            #expect(history.flaws.map(\.kind) == [.damaged, .missing(3...3)])
            #expect(log.records(.warning).map { $0["flaw"] }.first == "history.jsonl, line 3: cannot be read")
        }
    }

    @Test(arguments: [Int.max, Int.min, 0, -1])
    func aSerialThatNoSaveHasMakesALineDamaged(_ serial: Int) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            try rewrite(files) { $0[1] = $0[1].replacing("\"serial\":2", with: "\"serial\":\(serial)") }
            #expect(try read(files).flaws.map(\.kind) == [.damaged, .missing(2...2)])
            try await files.save()
            #expect(try read(files).lines.map(\.serial) == [1, 3, 4])
        }
    }

    @Test func aLineThatACrashKeptFromTheHistoryIsThereFromTheStateFile() async throws {
        try await withFileRepository { files in
            try await files.save(5)
            try rewrite(files) { $0.removeLast() }
            let history = try read(files)
            #expect(history.lines.map(\.serial) == [1, 2, 3, 4, 5])
            #expect(history.flaws == [])
        }
    }

    @Test func linesAreFoundByTimeCommandRunAndKind() async throws {
        try await withFileRepository { files in
            let day = Timestamp(millisecondsSince1970: 1_795_213_141_000)
            func later(_ seconds: Int64) -> Timestamp {
                Timestamp(millisecondsSince1970: day.millisecondsSince1970 + seconds * 1000)
            }
            let step = StepName("copy")
            let run = CommandID.random()
            let events: [(CommandName, HistoryEvent.Change)] = [
                (.create, .transition(from: nil, to: .created)), (.provision, .step(step, .started)),
                (.provision, .step(step, .completed)), (.provision, .transition(from: .created, to: .created)),
                (.save, .saved),
            ]
            try await files.repository.withLease(files.name, for: .provision) { lease in
                for (index, (command, change)) in events.enumerated() {
                    try await lease.save(
                        Sample.next(),
                        event: HistoryEvent(
                            at: later(Int64(index)), command: command, commandID: index < 2 ? run : .random(),
                            change: change))
                }
            }
            let history = try read(files)
            #expect(history.lines(of: .provision).map(\.serial) == [2, 3, 4])
            #expect(history.lines(in: run).map(\.serial) == [1, 2])
            #expect(history.lines(of: .provision, in: run).map(\.serial) == [2])
            #expect(history.lines(kind: .step).map(\.serial) == [2, 3])
            #expect(history.lines(kind: .saved).map(\.serial) == [5])
            #expect(history.lines(during: later(1)...later(2)).map(\.serial) == [2, 3])
            #expect(history.lines(during: later(2)...later(9), of: .provision, kind: .transition).map(\.serial) == [4])
            #expect(history.lines().count == 5)
        }
    }

    // MARK: Earlier states

    @Test func everySerialThatABackupHoldsGivesTheStateOfThatSave() async throws {
        try await withFileRepository { files in
            var saved: [Int: AnyEnvironmentState] = [:]
            for serial in 1...9 {
                saved[serial] = try Sample.next()
                if let environment = saved[serial] { try await files.repository.save(environment) }
            }
            for serial in 0...10 {
                let state = try files.repository.state(of: files.name, at: serial)?.document
                #expect(state == ((4...9).contains(serial) ? saved[serial] : nil), "\(serial)")
            }
        }
    }

    @Test func replayingTheHistoryToASerialGivesTheStateThatItsSaveStored() async throws {
        try await withFileRepository { files in
            var last: LifecycleState?
            for state in [LifecycleState.created, .provisioning, .provisioned, .configuring, .configureFailed] {
                let event = HistoryEvent(
                    command: .provision, commandID: .random(), change: .transition(from: last, to: state))
                try await files.repository.withLease(files.name, for: .provision) { lease in
                    try await lease.save(Sample.environment(state), event: event)
                    if state == .provisioning {
                        try await lease.save(
                            Sample.environment(state),
                            event: HistoryEvent(
                                command: .provision, commandID: .random(),
                                change: .step(StepName("prepare"), .completed)))
                    }
                }
                last = state
            }
            var replayed: LifecycleState?
            for line in try read(files).lines {
                if case .transition(let from, let to) = line.event.change {
                    #expect(from == replayed)
                    replayed = to
                }
                let saved = try files.repository.state(of: files.name, at: line.serial)
                #expect(saved?.document.state == replayed, "\(line.serial)")
            }
            #expect(replayed == .configureFailed)
        }
    }

    @Test func aRestoreIsASaveWithTheNextSerialAndAReason() async throws {
        try await withFileRepository { files in
            try await files.save(4)
            let second = try files.repository.state(of: files.name, at: 2)
            let restored = try await files.repository.restore(files.name, to: 2, reason: "the release was wrong")
            #expect(restored.serial == 5)
            #expect(restored.document == second?.document)
            #expect(restored.lineage == second?.lineage)
            #expect(try files.repository.load(files.name) == restored)
            let line = try #require(try read(files).lines(of: .restore).first)
            #expect(line.serial == 5)
            #expect(line.event.reason == "the release was wrong")
            #expect(try files.historyLines().last?.contains(#""reason":"the release was wrong""#) == true)
            #expect(try files.historyLines().first?.contains("reason") == false)
        }
    }

    @Test(arguments: [0, 1, 99])
    func aSerialThatNoBackupHoldsIsRefusedAndNothingIsChanged(_ serial: Int) async throws {
        try await withFileRepository { files in
            try await files.save(8)
            let before = try bytes(files.state)
            let error = try await refusal {
                try await files.repository.restore(files.name, to: serial, reason: "none")
            }
            #expect(error.code == .recordRefused)
            #expect(try bytes(files.state) == before)
        }
    }

    @Test(arguments: [
        "printf damaged > state.json", "rm state.json; mkfifo state.json", "rm state.json; mkdir state.json",
        "rm state.json; ln -s /etc/passwd state.json", "truncate -s 1T state.json",
    ])
    func aRestoreReplacesADamagedState(_ harm: String) async throws {
        try await withFileRepository { files in
            try await files.save(4)
            try await shell("cd \(files.environmentFolder); \(harm)")
            let restored = try await files.repository.restore(files.name, to: 3, reason: "the disk failed")
            #expect(restored.serial == 5)
            #expect(try names(in: files.environmentFolder).contains { $0.hasPrefix("state.json.damaged-") })
        }
    }

    @Test func backupsAreNeverPrunedToNone() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let copy = files.folder + "/copy.json"
            try overwrite(copy, bytes(files.state))
            try await files.save(20)
            try await shell("rm \(files.backups)/*")
            try overwrite(files.backup(2), bytes(copy))
            try overwrite(files.backup(4), Array("damaged".utf8))
            let latest = files.folder + "/latest.json"
            try overwrite(latest, bytes(files.state))
            try overwrite(files.state, Array("damaged".utf8))
            try await files.repository.recover(latest, for: files.name)
            #expect(exists(files.backup(2)))
        }
    }

    @Test(arguments: [1, 2, 7])
    func asManyBackupsAreKeptAsAskedFor(_ count: Int) async throws {
        try await withFileRepository { files in
            try await files.save(9)
            let repository = try FileEnvironmentRepository(dataFolder: files.folder + "/data", backupsKept: count)
            for _ in 0..<3 { try await repository.save(Sample.next()) }
            let kept = try names(in: files.backups).compactMap { Int($0.dropFirst(6).dropLast(5)) }.sorted()
            #expect(kept == Array((12 - min(count, 7))..<12).filter { $0 >= 4 })
        }
    }

    // MARK: Rotation

    /// A repository whose history begins a new file after some three lines.
    private func rotating(_ files: TestFiles, kept: Int = 3) throws -> FileEnvironmentRepository {
        try FileEnvironmentRepository(
            dataFolder: files.folder + "/data", historyRotation: LogRotation(sizeLimit: 600, filesKept: kept),
            emergencyFolder: files.emergency)
    }

    private func rotatedFiles(_ files: TestFiles) throws -> [String] {
        try names(in: files.environmentFolder).filter { $0.hasPrefix("history.jsonl") }
    }

    @Test func aFullHistoryBeginsANewFileAndTheChainGoesOn() async throws {
        try await withFileRepository { files in
            let repository = try rotating(files)
            for _ in 0..<8 { try await repository.save(Sample.next()) }
            #expect(try rotatedFiles(files).count >= 3)
            let history = try #require(try repository.history(of: files.name))
            #expect(history.lines.map(\.serial) == Array(1...8))
            #expect(history.flaws == [])
            for file in try rotatedFiles(files) {
                let status = try #require(try status("\(files.environmentFolder)/\(file)"))
                #expect(status.size <= 600 && status.mode == 0o600)
            }
        }
    }

    @Test func theOldestFilesGoAndTheRestIsStillOneChain() async throws {
        try await withFileRepository { files in
            let repository = try rotating(files, kept: 2)
            for _ in 0..<30 { try await repository.save(Sample.next()) }
            #expect(try rotatedFiles(files) == ["history.jsonl", "history.jsonl.1", "history.jsonl.2"])
            let history = try #require(try repository.history(of: files.name))
            #expect(history.lines.first.map { $0.serial > 15 } == true)
            #expect(history.lines.last?.serial == 30)
            #expect(history.flaws == [])
        }
    }

    @Test func aLineEditedInAnOlderFileIsFound() async throws {
        try await withFileRepository { files in
            let repository = try rotating(files)
            for _ in 0..<8 { try await repository.save(Sample.next()) }
            let older = files.history + ".1"
            let changed = try text(older).split(separator: "\n").enumerated()
                .map { $0 == 1 ? $1.replacing("\"save\"", with: "\"run\"") : $1 }
            try overwrite(older, Array((changed.joined(separator: "\n") + "\n").utf8))
            let flaws = try #require(try repository.history(of: files.name)).flaws
            #expect(flaws.map(\.description) == ["history.jsonl.1, line 2: edited"])
        }
    }

    @Test func aCrashBetweenARotationAndItsFirstLineLosesNothing() async throws {
        try await withFileRepository { files in
            let repository = try rotating(files)
            for _ in 0..<8 { try await repository.save(Sample.next()) }
            // The line of the newest save is not there yet, and the file that it goes to is not made.
            try await shell(
                "cd \(files.environmentFolder) && mv history.jsonl.2 history.jsonl.3 && mv history.jsonl.1 history.jsonl.2"
                    + " && sed '$d' history.jsonl > history.jsonl.1 && rm history.jsonl")
            await (try await repository.acquireLease(files.name, for: .run, run: CommandRun())).release()
            let history = try #require(try repository.history(of: files.name))
            #expect(history.lines.map(\.serial) == Array(1...8))
            #expect(history.flaws == [])
        }
    }

    @Test func theRotatedHistoryOfAnEarlierEnvironmentIsSetAside() async throws {
        try await withFileRepository { files in
            let repository = try rotating(files)
            for _ in 0..<8 { try await repository.save(Sample.next()) }
            try FileManager.default.removeItem(atPath: files.state)
            try await repository.save(Sample.next())
            let history = try #require(try repository.history(of: files.name))
            #expect(history.lines.map(\.serial) == [1])
            #expect(history.flaws == [])
        }
    }
}
