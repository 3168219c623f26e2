import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of the lock file: its holder, its content, and the death of its holder.
@Suite(.silentLog)
struct LockTests {
    @Test func theDefaultTimeoutIsTenSecondsAndCanBeSet() throws {
        let repository = try FileEnvironmentRepository(dataFolder: "data")
        #expect(repository.lockTimeout == .seconds(10))
        #expect(repository.withLockTimeout(.milliseconds(200)).lockTimeout == .milliseconds(200))
        #expect(repository.withLockTimeout(.zero).dataFolder == repository.dataFolder)
    }

    // MARK: The record

    @Test func theLockFileSaysWhoHoldsItSinceWhenAndForWhat() async throws {
        try await withFileRepository { files in
            let run = CommandRun()
            let lease = try await files.repository.acquireLease(files.name, for: .configure, run: run)
            await lease.note(.configure, run, step: StepName("copy"))
            let record = try #require(
                try JSONSerialization.jsonObject(with: Data(bytes(files.lock))) as? [String: Any])
            #expect(
                record.keys.sorted() == [
                    "boot_id", "command", "command_id", "host", "lock_id", "pid", "process_started", "since", "step",
                    "user",
                ])
            #expect(record["pid"] as? Int == Int(ProcessInfo.processInfo.processIdentifier))
            #expect(record["command"] as? String == "configure")
            #expect(record["command_id"] as? String == run.id.text)
            #expect(record["step"] as? String == "copy")
            await lease.release()
        }
    }

    @Test func theRecordIsClearedOnReleaseAndTheFileStays() async throws {
        try await withFileRepository { files in
            let lease = try await files.lease()
            let held = try #require(try status(files.lock))
            await lease.release()
            let released = try #require(try status(files.lock))
            #expect(held.size > 0)
            #expect(released.size == 0)
            #expect(released.isSameFile(as: held))
        }
    }

    @Test func aRecordIsReadAsWhatWasWrittenWhateverTheNamesInIt() throws {
        var holder = LeaseHolder.thisProcess(command: .configure, run: CommandRun())
        for name in ["a\"b\\c/d", "zeile\nzwei\t", "José \u{1F600} \u{7F}\u{1}", ""] {
            holder.host = name
            holder.user = name
            holder.step = StepName("create_instance")
            #expect(LeaseHolder(record: holder.record) == holder, "\(name)")
        }
        #expect(LeaseHolder(record: LeaseHolder(pid: 0).record) == LeaseHolder(pid: 0))
    }

    static let unreadable = [
        "", "abc", "{\"pid\":", "{\"pid\":\"x\"}", "[]", "\0\0\0\0", "{\"pid\":99999999999}", "4711\n",
    ]

    @Test(arguments: unreadable)
    func aRecordThatCannotBeReadMeansThatTheHolderIsUnknown(_ content: String) async throws {
        try await withFileRepository(lockTimeout: .milliseconds(20)) { files in
            let lease = try await files.lease()
            try await shell("truncate -s 0 \(files.lock)")
            try rewrite(files.lock, content)
            let error = try await refusal { try await files.lease() }
            #expect(error.code == .lockAcquisitionFailed)
            #expect(error.holder == LeaseHolder())
            #expect(error.message.contains("held by a process that has not said who it is"))
            #expect(try await files.repository.holder(of: files.name)?.pid == nil)
            await lease.release()
        }
    }

    @Test(arguments: unreadable)
    func aFreeLockIsTakenWhateverItsFileSays(_ content: String) async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            try await files.save()
            try rewrite(files.lock, content)
            await (try files.lease()).release()
        }
    }

    @Test func aHolderOfPidZeroIsNotCalledAProcess() async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            let lease = try await files.lease()
            try rewrite(files.lock, #"{"pid":0,"host":"elsewhere"}"#)
            let error = try await refusal { try await files.lease() }
            #expect(error.message.contains("held by a process that has not said who it is"))
            #expect(!error.message.contains("process 0"))
            await lease.release()
        }
    }

    @Test func aHolderOnAnotherHostIsNeverTakenForDead() async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            let lease = try await files.lease()
            try rewrite(files.lock, #"{"pid":999999,"host":"elsewhere"}"#)
            let error = try await refusal { try await files.lease() }
            #expect(error.holder?.pid == 999999)
            #expect(error.message.contains("process 999999 (host elsewhere)"))
            await lease.release()
        }
    }

    /// Replaces the beginning of a file without creating a new file.
    private func rewrite(_ path: String, _ content: String) throws {
        let file = try OpenFile(path, .appendCreating)
        try file.truncate(to: 0)
        try file.write(Array(content.utf8))
    }

    // MARK: Holders that have ended

    @Test(arguments: [
        (LeaseHolder(pid: 1, host: "elsewhere", processStarted: 0), false, "another host"),
        (LeaseHolder(pid: 1, processStarted: 0), false, "no host"),
        (LeaseHolder(host: ThisProcess.hostName), false, "no pid"),
        (LeaseHolder(pid: 0, host: ThisProcess.hostName), false, "pid 0"),
        (LeaseHolder(pid: ThisProcess.identifier, host: ThisProcess.hostName), false, "alive, start unknown"),
        (LeaseHolder.thisProcess(command: .run, run: CommandRun()), false, "this process"),
        (
            LeaseHolder(pid: ThisProcess.identifier, host: ThisProcess.hostName, processStarted: 1), true,
            "a later process of the same number"
        ),
        (LeaseHolder(pid: ThisProcess.identifier, host: ThisProcess.hostName, bootID: "x"), true, "an earlier boot"),
        (LeaseHolder(pid: .max, host: ThisProcess.hostName), true, "no such process"),
    ])
    func aHolderIsCalledGoneOnlyWhenThatIsCertain(_ holder: LeaseHolder, _ isGone: Bool, _ why: String) {
        #expect(holder.isKnownToBeGone == isGone)
    }

    // MARK: Other processes

    @Test func theErrorNamesTheProcessThatHoldsTheLock() async throws {
        try await withFileRepository(lockTimeout: .milliseconds(50)) { files in
            let holder = try await Probe.holder(in: files)
            let error = try await refusal { try await files.save() }
            holder.killNow()
            #expect(error.code == .lockAcquisitionFailed)
            #expect(
                error.message.hasPrefix(
                    "Failed to acquire lock for state file: \(files.state), held by process \(holder.identifier)"))
            #expect(error.message.contains("step create_instance"))
            #expect(error.holder?.pid == holder.identifier)
            #expect(error.path == files.state)
            _ = await holder.end()
        }
    }

    @Test func theLockOfAKilledHolderIsFreeAtOnceAndTakenOverWithAWarning() async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            let holder = try await Probe.holder(in: files)
            holder.killNow()
            #expect(await holder.end() == .signalled(Signals.kill))
            #expect(exists(files.lock))
            #expect(try await files.repository.holder(of: files.name) == nil)
            let log = LogCollector()
            try await log.collect { await (try files.lease()).release() }
            let warnings = log.records(.warning)
            #expect(warnings.map(\.message) == ["lock taken over: its holder ended without releasing it"])
            #expect(warnings.first?["holder"]?.hasPrefix("process \(holder.identifier) (provision") == true)
        }
    }

    @Test func ofManyThatTakeOverFromAKilledHolderOneAtATimeIsInside() async throws {
        try await withFileRepository { files in
            let holder = try await Probe.holder(in: files)
            let inside = Tally()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await files.repository.withLease(files.name, for: .run) { _ in
                            #expect(inside.add() == 1)
                            await Task.yield()
                            inside.add(-1)
                        }
                    }
                }
                holder.killNow()
                try await group.waitForAll()
            }
            _ = await holder.end()
        }
    }

    /// Returns the descriptor with which this process holds the lock.
    private func descriptor(_ files: TestFiles) throws -> String {
        try #require(
            names(in: "/proc/self/fd").first { number in
                let link = "/proc/self/fd/\(number)"
                return (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == files.lock
            })
    }

    @Test(.enabled(if: exists("/proc/self/fd"), "needs /proc"))
    func aReleasedLockIsFreeEvenWhileAChildThatIsBeingStartedHasACopyOfIt() async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            let lease = try await files.lease()
            let copy = dup(try #require(Int32(descriptor(files))))
            await lease.release()
            await (try files.lease()).release()
            close(copy)
        }
    }

    @Test(.enabled(if: exists("/proc/self/fd"), "needs /proc"))
    func theLocksDescriptorIsClosedInChildren() async throws {
        try await withFileRepository { files in
            let lease = try await files.lease()
            let descriptor = try descriptor(files)
            let lines = try text("/proc/self/fdinfo/\(descriptor)").split(separator: "\n")
            let flags = try #require(lines.first { $0.hasPrefix("flags:") }?.split(separator: "\t").last)
            #expect(Int(flags, radix: 8).map { $0 & 0o2000000 } != 0)
            await lease.release()
        }
    }

    // MARK: The log

    @Test func takingAndGivingBackAreLoggedForDebugging() async throws {
        try await withFileRepository { files in
            let log = LogCollector()
            try await log.collect { await (try files.lease()).release() }
            #expect(log.records.map(\.message) == ["lock acquired", "lock released"])
            #expect(log.records.map(\.level) == [.debug, .debug])
            #expect(log.records[0]["pid"] == "\(ProcessInfo.processInfo.processIdentifier)")
            #expect(log.records[1]["held_seconds"] != nil)
        }
    }

    @Test("Routine events are logged at the level that the caller chooses", arguments: LogLevel.allCases)
    func routineLogLevel(level: LogLevel) async throws {
        try await withFileRepository { files in
            let repository = try FileEnvironmentRepository(
                dataFolder: files.folder + "/data", emergencyFolder: files.emergency, routineLogLevel: level)
            let store = JSONDocumentStore<[String]>(
                folder: try AbsolutePath(files.folder + "/document"), name: "it", emergencyFolder: files.emergency,
                routineLogLevel: level)
            for save in [
                { try await repository.save(Sample.environment()) },
                { try await store.update { $0 = ["a"] } },
            ] as [() async throws -> Void] {
                let log = LogCollector()
                try await log.collect(save)
                let records = log.records.filter { $0.message != "environment created" }
                #expect(
                    Set(records.map(\.message)) == [
                        "lock acquired", "state saved", "checkpoint written", "lock released",
                    ])
                #expect(records.allSatisfy { $0.level == level && $0["path"] != nil })
            }
        }
    }

    @Test func waitingIsLoggedOnceAndTimingOutIsAnError() async throws {
        try await withFileRepository(lockTimeout: .milliseconds(300)) { files in
            let lease = try await files.lease()
            let log = LogCollector()
            await log.collect { _ = try? await files.lease() }
            #expect(log.records.map(\.level) == [.info, .error])
            #expect(log.records.map(\.message) == ["waiting for a lock", "timed out waiting for a lock"])
            #expect(log.records[0]["holder"]?.hasPrefix("process ") == true)
            #expect(log.records[1]["timeout_seconds"] == "0.3")
            await lease.release()
        }
    }
}
