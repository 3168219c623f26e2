import Commands
import EnvironmentDomain
import Persistence
import Synchronization
import Testing

@Suite("An instrument")
struct InstrumentTests {
    private let trail = Trail()

    private func options(rerun: StepName? = nil) -> CommandOptions {
        CommandOptions(instrument: TrailInstrument(trail: trail), rerun: rerun)
    }

    private func provision(
        _ steps: [Step], _ repository: any EnvironmentRepository
    ) async throws -> CommandError? {
        do {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository, options: options())
                .execute(try Sample.created())
            return nil
        } catch let error as CommandError {
            return error
        }
    }

    @Test("surrounds a command and its steps, and a step sees its task-local values")
    func surrounds() async throws {
        let step = Step("b") { context in
            self.trail.add("inside \(TrailInstrument.around)")
            try context.set(.instanceAddress, to: "10.0.0.7")
        }
        let error = try await provision([Step("a"), step], try SpyRepository())
        #expect(error == nil)
        #expect(
            trail.all == [
                "provision my-env", "1 a", "a completed []", "2 b", "inside provision b", "b completed []",
                "provision came to its end",
            ])
    }

    @Test("receives each failed attempt, the failure and the command's error")
    func failure() async throws {
        let step = Step("a") { context in
            throw StepError(kind: "broken", summary: "attempt \(context.attempt)")
        }.with(retry: .exponential(1, from: .milliseconds(1)))
        let error = try await provision([step], try SpyRepository())
        #expect(error?.code == .stepFailed)
        #expect(
            trail.all == [
                "provision my-env", "1 a", "a failed [\"broken: attempt 1\", \"broken: attempt 2\"]",
                "provision ended with step_failed",
            ])
    }

    @Test("receives a failed attempt of a step that later succeeds")
    func failedAttempt() async throws {
        let step = Step("a") { context in
            try context.set(.instanceAddress, to: "10.0.0.7")
            if context.attempt == 1 { throw StepError(kind: "early", summary: "not yet") }
        }.with(retry: .exponential(1, from: .milliseconds(1)))
        _ = try await provision([step], try SpyRepository())
        #expect(trail.all.contains("a completed [\"early: not yet\"]"))
    }

    @Test("receives a refusal")
    func refusal() async throws {
        let repository = try SpyRepository()
        try await repository.save(try Sample.created().startProvisioning().erased)
        let error = try await provision([Step("a")], repository)
        #expect(error?.code == .staleEnvironment)
        #expect(trail.all == ["provision my-env", "provision ended with stale_environment"])
    }

    @Test("surrounds each command of a deployment, and a destroy")
    func deployment() async throws {
        let repository = try SpyRepository()
        let step = Step("a") { try $0.set(.instanceAddress, to: "10.0.0.7") }
        let orchestrator = DeploymentOrchestrator(
            provider: .test([step]), repository: repository, options: options())
        let name = EnvironmentName("my-env")
        let created = try Sample.created().snapshot
        _ = try await orchestrator.deploy(name, until: .configure) { Environment(created) }
        _ = try await orchestrator.destroy(name)
        #expect(
            trail.all.filter { $0.hasSuffix("end") }
                == ["provision", "configure", "destroy"].map { "\($0) came to its end" })
    }
}

/// An instrument that records the calls that it surrounds, and sets a task-local value.
private struct TrailInstrument: CommandInstrument {
    @TaskLocal static var around = ""
    let trail: Trail

    func withCommand(
        _ command: CommandName, of environment: EnvironmentName, run: CommandRun, _ body: () async -> CommandError?
    ) async {
        trail.add("\(command) \(environment)")
        let error = await body()
        trail.add(error.map { "\(command) ended with \($0.code.rawValue)" } ?? "\(command) came to its end")
    }

    func withStep(
        _ step: StepName, of command: CommandName, position: Int, _ body: () async -> StepReport?
    ) async {
        trail.add("\(position) \(step)")
        let report = await Self.$around.withValue("\(command) \(step)") { await body() }
        let attempts = report?.failedAttempts.map { "\($0.kind): \($0.summary)" } ?? []
        trail.add("\(step) \(report.map(\.outcome.rawValue) ?? "not begun") \(attempts)")
    }
}
