import EnvironmentDomain
import Synchronization
import Testing

@testable import Commands

@Suite("When a save fails")
struct FailedSaveTests {
    /// The saves of a provisioning of two steps: 1 create, 2 provisioning, 3 started a, 4 completed a, 5 started b,
    /// 6 completed b, 7 provisioned.
    @Test(
        "no step starts without a durable intent, and the next save contains the failed event",
        arguments: [
            (1, [], CommandError.Code.saveFailed), (2, [], .saveFailed), (3, [], .saveFailed), (4, ["a", "b"], nil),
            (5, ["a"], .saveFailed), (6, ["a", "b"], nil), (7, ["a", "b"], .saveFailed),
        ] as [(Int, [String], CommandError.Code?)])
    func policy(failing: Int, ran: [String], code: CommandError.Code?) async throws {
        let repository = try SpyRepository(failing: [failing])
        let trail = Trail()
        let provision = ProvisionCommand(provider: .test(try trail.steps("a", "b")), repository: repository)
        var thrown: CommandError?
        let log = await logged {
            do {
                _ = try await provision.execute(try Sample.created())
            } catch {
                thrown = error as? CommandError
            }
        }
        #expect(thrown?.code == code)
        #expect(trail.all == ran)
        let warning = log.first { $0.message == "a state could not be saved" }
        #expect(warning?.level == .warning)
        #expect(warning?["environment_name"] == "my-env")
        #expect(warning?["reason"]?.contains("the disk is full") == true)
        // Nothing happened before the first step started, so that there is nothing to record.
        #expect(repository.records.count == (failing > 3 ? 1 : 0))
        #expect((thrown?.emergencyRecord != nil) == (failing > 3 && code != nil))
        if let record = thrown?.emergencyRecord {
            #expect(thrown?.message.contains("kept in \(record); recover it") == true)
        }
        #expect(thrown == nil || thrown?.failedSave?.code == .writeStateFailed)
        if failing == 2 { #expect(thrown?.lastDurable?.state == .created) }
    }

    @Test("the error of an emergency record that could not be written is in the command's error")
    func failedRecord() async throws {
        let repository = try SpyRepository(failing: [7])
        let full = RepositoryError(.writeStateFailed, "The emergency record is printed on standard error.")
        repository.plan.withLock { $0.recordFailure = full }
        let steps = try Trail().steps("a", "b")
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.failedRecord?.message == full.message)
        #expect(error?.message.hasSuffix(full.message) == true, "\(String(describing: error?.message))")
        #expect(error?.emergencyRecord == nil)
    }

    @Test("a recorded intent whose durability is unknown starts no step")
    func unknownDurability() async throws {
        let repository = try SpyRepository(failing: [3], code: .durabilityUnknown)
        let trail = Trail()
        let steps = try trail.steps("a")
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.code == .saveFailed)
        #expect(error?.failedSave?.code == .durabilityUnknown)
        #expect(trail.all.isEmpty)
    }

    @Test("a step's failure is not masked by the save that fails after it", arguments: [[4], [5], [4, 5]])
    func keepsFailure(failing: Set<Int>) async throws {
        let repository = try SpyRepository(failing: failing)
        let trail = Trail()
        let steps = try trail.steps("a", failing: "a")
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.code == .stepFailed)
        #expect(error?.message.hasPrefix("provision of my-env failed in step a: a is broken.") == true)
        let isLastLost = failing.contains(5)
        #expect((error?.failedSave != nil) == isLastLost)
        #expect(error?.message.contains("could not be saved") == isLastLost)
        #expect(error?.lastDurable?.state == (isLastLost ? .provisioning : .provisionFailed))
    }

    @Test(
        "a step is stopped when the lease is lost, and no step starts after that", arguments: [0, 3])
    func lostLease(retries: Int) async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let long = Step("a") { _ in
            trail.add("a")
            repository.loseLeases()
            // The sleep ends early when the step is stopped.
            try await Task.sleep(for: .seconds(86_400))
        }.with(retry: .exponential(retries, from: .zero))
        let steps = [long] + (try trail.steps("b"))
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.code == .saveFailed)
        #expect(error?.failedSave?.code == .lockLost)
        #expect(error?.emergencyRecord != nil)
        #expect(trail.all == ["a"])
    }

    @Test("of a destroy's last state fails, the environment remains and the destroy can run again")
    func destroyAgain() async throws {
        let trail = Trail()
        let repository = try SpyRepository(failing: [4])
        let created = try Sample.created()
        try await repository.save(created.erased)
        let destroy = DestroyCommand(provider: .test(try trail.steps("d")), repository: repository)
        let error = await #expect(throws: CommandError.self) {
            _ = try await destroy.execute(try created.erased.environment(as: Created.self))
        }
        #expect(error?.code == .saveFailed)
        repository.stopFailing()
        let stored = try #require(await repository.load(EnvironmentName("my-env")))
        #expect(stored.document.state == .created)
        #expect(stored.document.unfinishedCommand == .destroy)
        let destroyed = try await destroy.execute(stored.document.environment(as: Created.self))
        #expect(destroyed.erased.context.destruction == nil)
        #expect(trail.all == ["d"])
    }
}
