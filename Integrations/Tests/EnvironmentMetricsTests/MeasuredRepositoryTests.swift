import Commands
import EnvironmentDomain
import EnvironmentRepositoryConformance
import IntegrationTestSupport
import MetricsTestKit
import Persistence
import Testing

@testable import EnvironmentMetrics

@Suite("A measured repository")
struct MeasuredRepositoryTests {
    private let metrics = TestMetrics()

    private func provision(
        _ steps: [Step], _ repository: any EnvironmentRepository
    ) async throws -> CommandError? {
        try await EnvironmentLog.withHandler({ _ in }) {
            try await commandError {
                let measured = MeasuredRepository(repository, factory: metrics, dimensions: [("service", "test")])
                _ = try await ProvisionCommand(provider: .test(steps), repository: measured).execute(try .sample())
            }
        }
    }

    /// What was counted under a label, by the values of its dimensions without those of all.
    private func counts(_ label: RepositoryMetrics.Label) -> [String: Int64] {
        let counters = metrics.counters(label: label.rawValue)
        #expect(counters.allSatisfy { $0.dimensions.last.map { $0 == ("service", "test") } ?? false })
        return Dictionary(uniqueKeysWithValues: counters.map { (values($0.dimensions), $0.totalValue) })
    }

    /// How often a time was recorded under a label.
    private func recordings(_ label: RepositoryMetrics.Label) -> [String: Int] {
        let timers = metrics.timers(label: label.rawValue)
        #expect(timers.allSatisfy { $0.values.allSatisfy { $0 >= 0 } })
        return Dictionary(uniqueKeysWithValues: timers.map { (values($0.dimensions), $0.values.count) })
    }

    private func values(_ dimensions: [(String, String)]) -> String {
        dimensions.filter { $0.0 != "service" }.map(\.1).joined(separator: " ")
    }

    @Test("measures a provision: each transition, each step, each save")
    func provision() async throws {
        let steps: [Step] = [
            Step.settingAddress(), Step.failing("wait", times: 2, retries: 2),
        ]
        let error = try await provision(steps, try InMemoryEnvironmentRepository())
        #expect(error == nil)
        #expect(
            counts(.transitions) == ["none created": 1, "created provisioning": 1, "provisioning provisioned": 1])
        #expect(recordings(.stateDuration) == ["created provisioning": 1, "provisioning provisioned": 1])
        #expect(
            recordings(.stepDuration) == ["provision create_instance completed": 1, "provision wait completed": 1])
        #expect(recordings(.saveDuration) == ["saved": 7])
        #expect(counts(.saveFailures) == [:])
        #expect(recordings(.lockWait) == ["provision acquired": 1])
    }

    @Test("measures a step that failed for good")
    func failure() async throws {
        let steps: [Step] = [Step.failing("create_instance", times: 9, retries: 1)]
        let error = try await provision(steps, try InMemoryEnvironmentRepository())
        #expect(error?.code == .stepFailed)
        #expect(counts(.transitions)["provisioning provision_failed"] == 1)
        #expect(recordings(.stepDuration) == ["provision create_instance failed": 1])
    }

    @Test("measures the time of a step and not that of the saves around it")
    func stepDuration() async throws {
        let step = Step("create_instance") { context in
            try await Task.sleep(for: .milliseconds(30))
            try context.set(.instanceAddress, to: "10.0.0.7")
        }
        _ = try await provision([step], try InMemoryEnvironmentRepository())
        let timer = try #require(metrics.timers(label: RepositoryMetrics.Label.stepDuration.rawValue).first)
        #expect(try #require(timer.lastValue) >= 30_000_000)
    }

    @Test("counts failed saves by their cause")
    func failedSaves() async throws {
        let repository = FaultyRepository(try InMemoryEnvironmentRepository(), failing: 1, .insufficientSpace)
        let error = try await provision([Step.settingAddress()], repository)
        #expect(error?.code == .saveFailed)
        #expect(counts(.saveFailures) == ["insufficient_space": 1])
        #expect(recordings(.saveDuration) == ["failed": 1])
        #expect(counts(.transitions) == [:])
    }

    @Test("measures how long a lock was waited for, and with what outcome")
    func lockWait() async throws {
        let repository = try InMemoryEnvironmentRepository(lockTimeout: .milliseconds(50))
        let error = try await repository.withLease(EnvironmentName("my-env"), for: .configure) { _ in
            try await provision([Step.settingAddress()], repository)
        }
        #expect(error?.code == .repository)
        #expect(recordings(.lockWait) == ["provision locked": 1])
        let timer = try #require(metrics.timers(label: RepositoryMetrics.Label.lockWait.rawValue).first)
        #expect(try #require(timer.lastValue) >= 50_000_000)
    }

    @Test("knows how long a state lasted that another process entered")
    func stateOfAnotherProcess() async throws {
        let repository = try InMemoryEnvironmentRepository()
        let failing = Step.failing("create_instance", times: 1)
        _ = try await provision([failing], repository)
        metrics.reset()
        let stored = try #require(await repository.load(EnvironmentName("my-env")))
        try await EnvironmentLog.withHandler({ _ in }) {
            let measured = MeasuredRepository(repository, factory: metrics, dimensions: [("service", "test")])
            let steps: [Step] = [Step.settingAddress()]
            _ = try await ProvisionCommand(provider: .test(steps), repository: measured)
                .retry(stored.document.environment())
        }
        #expect(
            recordings(.stateDuration) == ["provision_failed provisioning": 1, "provisioning provisioned": 1])
    }

    @Test("tells a command that its lease is lost")
    func leaseLost() async throws {
        let repository = FaultyRepository(try InMemoryEnvironmentRepository(), failing: 4, .lockLost)
        let step = Step("create_instance") { _ in
            repository.loseLease()
            try await Task.sleep(for: .seconds(86_400))
        }
        let error = try await provision([step], repository)
        #expect(error?.code == .saveFailed)
        #expect(recordings(.stepDuration) == ["provision create_instance interrupted": 1])
    }

    @Test("keeps every promise of a repository", arguments: RepositoryConformance.checks)
    func conformance(check: ConformanceCheck) async throws {
        try await check.run { lockTimeout in
            MeasuredRepository(try InMemoryEnvironmentRepository(lockTimeout: lockTimeout), factory: TestMetrics())
        }
    }
}
