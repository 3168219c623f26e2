import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Persistence

/// Tests of the queue in which tasks wait for the lease of an environment in memory.
struct InMemoryRepositoryTests {
    private let name: EnvironmentName
    private let repository: InMemoryEnvironmentRepository

    init() throws {
        name = EnvironmentName("my-env")
        repository = try InMemoryEnvironmentRepository(lockTimeout: .seconds(540))
    }

    private func lease(
        _ repository: InMemoryEnvironmentRepository? = nil
    ) async throws(RepositoryError) -> any EnvironmentLease {
        try await (repository ?? self.repository).acquireLease(name, for: .save, run: CommandRun())
    }

    /// Starts a task that takes the lease, runs `body` and releases the lease; returns when the task waits in the
    /// queue.
    private func stand(_ body: @escaping @Sendable () async -> Void = {}) async -> Task<Void, any Error> {
        let before = await repository.waiting(for: name)
        let task = Task {
            let held = try await lease()
            await body()
            await held.release()
        }
        while await repository.waiting(for: name) == before { await Task.yield() }
        return task
    }

    @Test func aDeleteRemovesTheWorkingFilesToo() async throws {
        let workspace = repository.workspace(for: name)
        let folder = try Folder.making(workspace.logs)
        try folder.put([1], at: "log")
        let held = try await lease()
        let busy = try #require(try FileLock.attempt(Workspace.busyLockName, in: Folder(workspace.root.text)))
        let error = await #expect(throws: RepositoryError.self) { try await held.delete() }
        #expect(error?.code == .busy)
        // Closing is not enough, because a child of another test may have a copy between fork and exec.
        try busy.release()
        try await held.delete()
        await held.release()
        #expect(throws: SystemError.self) { try Folder(workspace.logs) }
    }

    @Test("A check for running processes does not prevent the removal of the working files")
    func askedMeanwhile() async throws {
        let workspace = repository.workspace(for: name)
        let folder = try Folder.making(workspace.root.text)
        let asking = Task.detached {
            while !Task.isCancelled {
                _ = try FileLock.isHeld(Workspace.busyLockName, in: folder)
                await Task.yield()
            }
        }
        for _ in 0..<30 {
            try folder.put([], at: Workspace.busyLockName)
            try await workspace.removeFiles(of: name) {}
        }
        asking.cancel()
        try await asking.value
    }

    @Test("The working files are removed with the repository and its leases")
    func workingFilesGo() async throws {
        var repository: InMemoryEnvironmentRepository? = try InMemoryEnvironmentRepository()
        let workspace = try #require(repository).workspace(for: name)
        let root = try #require(parentPath(of: workspace.root.text))
        #expect(!exists(root))
        _ = try Folder.making(workspace.logs)
        var lease: (any EnvironmentLease)? = try await repository?.acquireLease(name, for: .save, run: CommandRun())
        await lease?.release()
        repository = nil
        #expect(exists(workspace.logs), "a lease still needs them")
        lease = nil
        while exists(root) { await Task.yield() }
    }

    @Test("The working files of a repository that exists until the process exits are removed then")
    func workingFilesGoAtExit() async throws {
        try await withTemporaryFolder { folder in
            let end = try await Probe.run(
                [Probe.path, "memory", folder, "my-env"], output: folder + "/output", environment: ["TMPDIR": folder])
            #expect(end.end == .exited(0))
            #expect(end.output == "written\n")
            #expect(try names(in: folder) == ["output"])
        }
    }

    @Test func whoAskedFirstHasItFirst() async throws {
        let turns = Turns()
        let held = try await lease()
        var tasks: [Task<Void, any Error>] = []
        for number in 1...20 { tasks.append(await stand { await turns.add(number) }) }
        await held.release()
        for task in tasks { try await task.value }
        #expect(await turns.numbers == Array(1...20))
        #expect(await repository.waiting(for: name) == 0)
        #expect(await repository.holder(of: name) == nil)
    }

    @Test func whoComesLaterDoesNotPushIn() async throws {
        let turns = Turns()
        let held = try await lease()
        let waiting = await stand { await turns.add(1) }
        await held.release()
        // The same task asks again immediately, before the next one in the queue has run.
        let again = try await lease()
        await turns.add(2)
        await again.release()
        try await waiting.value
        #expect(await turns.numbers == [1, 2])
    }

    @Test func oneThatIsCancelledLeavesTheLine() async throws {
        let turns = Turns()
        let held = try await lease()
        let tasks = [
            await stand { await turns.add(1) }, await stand { await turns.add(2) }, await stand { await turns.add(3) },
        ]
        tasks[1].cancel()
        let error = await #expect(throws: RepositoryError.self) { try await tasks[1].value }
        #expect(error?.code == .cancelled)
        #expect(await repository.waiting(for: name) == 2)
        await held.release()
        try await tasks[0].value
        try await tasks[2].value
        #expect(await turns.numbers == [1, 3])
    }

    @Test func oneThatWasCancelledBeforeAsksForNothing() async throws {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await lease()
        }
        task.cancel()
        let error = await #expect(throws: RepositoryError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(await repository.holder(of: name) == nil)
    }

    @Test func aWaitThatIsTooLongNamesTheHolderAndLeavesTheLine() async throws {
        let repository = try InMemoryEnvironmentRepository(lockTimeout: .milliseconds(30))
        let held = try await lease(repository)
        await held.note(.provision, CommandRun(), step: nil)
        let start = ContinuousClock.now
        let error = await #expect(throws: RepositoryError.self) { _ = try await lease(repository) }
        #expect(ContinuousClock.now - start >= .milliseconds(30))
        #expect(error?.code == .lockAcquisitionFailed)
        #expect(error?.holder?.command == .provision)
        #expect(await repository.waiting(for: name) == 0)
        await held.release()
        try await lease(repository).release()
    }

    @Test func aLeaseThatIsDroppedIsHandedOn() async throws {
        var held: (any EnvironmentLease)? = try await lease()
        let waiting = await stand()
        #expect(held != nil)
        held = nil
        try await waiting.value
    }

    @Test func aHundredSavesAtOnceAreAllThere() async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 {
                group.addTask { _ = try await self.repository.save(Sample.next()) }
            }
            try await group.waitForAll()
        }
        #expect(await repository.load(name)?.serial == 100)
        #expect(try await repository.history(of: name)?.lines.map(\.serial) == Array(1...100))
    }

    @Test func anotherEnvironmentIsNotWaitedFor() async throws {
        let held = try await lease()
        let waiting = await stand()
        try await repository.acquireLease(EnvironmentName("other"), for: .save, run: CommandRun()).release()
        await held.release()
        try await waiting.value
    }
}

/// The turns of the tasks, in their order.
private actor Turns {
    private(set) var numbers: [Int] = []
    func add(_ number: Int) { numbers.append(number) }
}
