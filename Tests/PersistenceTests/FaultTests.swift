import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

/// System calls that fail, and a process that is killed, at every step of a save; strace brings both about.
@Suite(.silentLog, .enabled(if: exists("/usr/bin/strace"), "needs strace"))
struct FaultTests {
    /// A system call of a save, counted among those of its name and, where one is given, on that file.
    ///
    /// strace counts for each thread, and a save has two.
    struct Step: CustomTestStringConvertible, Sendable {
        let call: String
        let number: Int
        let what: String
        let file: String?

        init(_ call: String, _ number: Int, _ what: String, on file: String? = nil) {
            self.call = call
            self.number = number
            self.what = what
            self.file = file
        }

        var testDescription: String { what }
    }

    static let beforeTheRename = [
        Step("write", 1, "writing the new state"), Step("fsync", 1, "syncing the new state"),
        Step("mkdirat", 1, "making the folder of the backups"), Step("linkat", 1, "keeping the old state"),
        Step("unlinkat", 1, "removing the oldest backup"), Step("renameat", 1, "naming the new state"),
    ]
    static let behindTheRename = [
        Step("fsync", 1, "syncing the folder", on: ""), Step("fsync", 1, "syncing the backups", on: "backups"),
    ]
    static let behindTheSave = [
        Step("write", 2, "writing the history"),
        Step("fsync", 1, "syncing the history", on: "history.jsonl"),
        Step("ftruncate", 1, "clearing the lock's record"),
    ]

    /// Saves in a process in which that step fails or kills, and gives back its end and what it printed.
    private func save(_ fault: String, at step: Step, in files: TestFiles) async throws -> (
        end: ChildProcess.End, output: String
    ) {
        try await Probe.run(
            [
                "/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=\(step.call)", "-e",
                "inject=\(step.call):\(fault):when=\(step.number)",
            ]
                + (step.file.map { ["-P", $0.isEmpty ? files.environmentFolder : "\(files.environmentFolder)/\($0)"] }
                    ?? []) + [
                    Probe.path, "save", files.folder + "/data", files.name.text,
                ], output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
    }

    @Test(arguments: beforeTheRename)
    func aFailureBeforeTheRenameIsAnErrorAndLeavesTheOldStateAndNothingElse(_ step: Step) async throws {
        try await withFileRepository { files in
            try await files.save(7)
            let before = try bytes(files.state)
            let (end, output) = try await save("error=EIO", at: step, in: files)
            #expect(end == .exited(3))
            #expect(output.hasPrefix("write_failed: "), "\(output)")
            #expect(output.contains("[\(step.call)"), "\(output)")
            #expect(output.contains("Input/output error (errno 5)"), "\(output)")
            #expect(try bytes(files.state) == before)
            #expect(try files.temporaryFiles() == [])
            #expect(try files.historyLines().count == 7)
        }
    }

    @Test(arguments: [1, 100])
    func bytesThatTheSystemOnlyClaimsToHaveWrittenDoNotReplaceTheOldState(_ claimed: Int) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let before = try bytes(files.state)
            // The call does nothing and says that it wrote so many bytes.
            let (end, output) = try await save(
                "retval=\(claimed)", at: Step("write", 1, "writing the new state"), in: files)
            #expect(end == .exited(3))
            // The beginning of what the probe says may be lost in the same way.
            #expect(output.contains("Input/output error (errno 5)"), "\(output)")
            #expect(try bytes(files.state) == before)
            #expect(try files.temporaryFiles() == [])
        }
    }

    @Test(arguments: behindTheRename)
    func aFailureBehindTheRenameIsAnErrorAndTheNewStateIsInPlace(_ step: Step) async throws {
        try await withFileRepository { files in
            try await files.save(7)
            let (end, output) = try await save("error=EIO", at: step, in: files)
            #expect(end == .exited(3))
            #expect(output.hasPrefix("durability_unknown: "), "\(output)")
            #expect(try files.repository.load(files.name)?.serial == 8)
            #expect(try files.historyLines().count == 8)
        }
    }

    @Test(arguments: behindTheSave)
    func aFailureBehindTheSaveIsNoErrorAndTheNextLeaseMendsIt(_ step: Step) async throws {
        try await withFileRepository { files in
            try await files.save(7)
            let (end, output) = try await save("error=EIO", at: step, in: files)
            #expect(end == .exited(0), "\(output)")
            #expect(try files.repository.load(files.name)?.serial == 8)
            await (try files.lease()).release()
            #expect(try files.historyLines().count == 8)
        }
    }

    @Test(arguments: ["write", "fsync", "flock", "linkat"])
    func aCallThatASignalInterruptsIsDoneAgain(_ call: String) async throws {
        try await withFileRepository { files in
            try await files.save()
            let (end, output) = try await save("error=EINTR", at: Step(call, 1, call), in: files)
            #expect(end == .exited(0), "\(output)")
            #expect(try files.repository.load(files.name)?.serial == 2)
        }
    }

    @Test(arguments: beforeTheRename + behindTheRename + behindTheSave)
    func aProcessKilledAtAnyStepLeavesTheOldStateOrTheNewAndAFreeLock(_ step: Step) async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            try await files.save(7)
            let before = try bytes(files.state)
            let (end, output) = try await save("signal=KILL", at: step, in: files)
            #expect(end == .signalled(Signals.kill), "\(output)")
            let isOld = Self.beforeTheRename.contains { $0.what == step.what }
            #expect(try files.repository.load(files.name)?.serial == (isOld ? 7 : 8))
            if isOld { #expect(try bytes(files.state) == before) }
            try await files.save()
            let serial = isOld ? 8 : 9
            #expect(try files.repository.load(files.name)?.serial == serial)
            #expect(try files.historyLines().count == serial)
            #expect(try files.temporaryFiles() == [])
            #expect(try names(in: files.backups).count == 5)
        }
    }

    @Test(arguments: [
        Step("fsync", 1, "syncing the full history", on: "history.jsonl"),
        Step("renameat", 2, "naming the full history"), Step("fsync", 2, "syncing its new name", on: ""),
        Step("write", 2, "writing the first line of the new file"),
    ])
    func aProcessKilledWhileTheHistoryRotatesLosesNoLine(_ step: Step) async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            try await files.save(7)
            // A line as long as a whole file: the next one begins a new file.
            let padding = #"{"padding":""# + String(repeating: "x", count: 10 << 20) + "\"}\n"
            try overwrite(files.history, Array(padding.utf8) + bytes(files.history))
            let (end, output) = try await save("signal=KILL", at: step, in: files)
            #expect(end == .signalled(Signals.kill), "\(output)")
            try await files.save()
            let history = try #require(try files.repository.history(of: files.name))
            #expect(history.lines.map(\.serial) == Array(1...9))
            #expect(history.flaws.map(\.kind) == [.damaged], "only the long line")
            #expect(exists(files.history + ".1") && !exists(files.history + ".2"))
        }
    }
}
