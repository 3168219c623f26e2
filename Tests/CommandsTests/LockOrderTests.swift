import EnvironmentDomain
import OperatingSystem
import Persistence
import Testing

@testable import Commands

/// Tests of the lock order: the lease first, then the busy lock, and never a second lease.
@Suite("Commands that take two locks")
struct LockOrderTests {
    @Test("never deadlock, in whatever order they take environments")
    func circle() async throws {
        try await withTemporaryFolder { folder in
            let repository = try FileEnvironmentRepository(
                dataFolder: folder + "/data", lockTimeout: .seconds(540), emergencyFolder: folder + "/emergency")
            let names = try ["one", "two", "three"].map { try EnvironmentName($0) }
            let turns = Trail()
            try await withThrowingTaskGroup { group in
                for task in 0..<4 {
                    group.addTask {
                        for _ in 0..<10 {
                            for name in task.isMultiple(of: 2) ? names : names.reversed() {
                                try await repository.withLease(name, for: .configure) { _ in
                                    let busy = try await BusyLock.acquire(
                                        in: repository.workspace(for: name), stored: nil, timeout: .seconds(540))
                                    turns.add(name.text)
                                    try busy.release()
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(turns.all.count == 120)
        }
    }

    @Test("do not wait for themselves forever: a step that takes its own environment fails")
    func own() async throws {
        let repository = try InMemoryEnvironmentRepository(lockTimeout: .milliseconds(50))
        let step = Step("again") { context in
            await (try repository.acquireLease(context.environment.name, for: .save, run: CommandRun())).release()
        }
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository).execute(Sample.created())
        }
        #expect(error?.code == .stepFailed)
        #expect(await repository.load(EnvironmentName("my-env"))?.document.state == .provisionFailed)
    }
}
