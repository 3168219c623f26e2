import EnvironmentDomain
import Testing

@testable import Commands

@Suite("The orchestrator")
struct OrchestratorTests {
    private let name: EnvironmentName
    private let repository: SpyRepository
    private let trail = Trail()

    init() throws {
        name = EnvironmentName("my-env")
        repository = try SpyRepository()
    }

    private func orchestrator(_ names: String..., failing: String? = nil) throws -> DeploymentOrchestrator {
        let steps = try names.map { name in
            Step(try StepName(name)) { [trail] context in
                trail.add("\(context.command) \(name)")
                try context.set(.instanceAddress, to: "10.0.0.7")
                if "\(context.command) \(name)" == failing { throw StepError(kind: "broken", summary: "broken") }
            }
        }
        return DeploymentOrchestrator(provider: .test(steps), repository: repository)
    }

    private func created() -> Environment<Created> {
        guard let environment = try? Sample.created() else { preconditionFailure("the sample is valid") }
        return environment
    }

    @Test("deploys from nothing to every goal", arguments: Phase.forward)
    func fromNothing(goal: Phase) async throws {
        let report = try await orchestrator("x").deploy(name, until: goal, creating: created)
        let commands = ["provision", "configure", "release", "run"].prefix(
            (Phase.forward.firstIndex(of: goal) ?? 0) + 1)
        #expect(trail.all == commands.map { "\($0) x" })
        #expect(goal.isReached(by: report.stored.document))
        #expect(report.changed)
        #expect(report.steps.map(\.command.rawValue) == Array(commands))
        let again = try await orchestrator("x").deploy(name, until: goal, creating: created)
        #expect(!again.changed && again.steps.isEmpty)
        #expect(again.stored == report.stored)
    }

    @Test(
        "resumes a failed command of any kind and continues to the goal",
        arguments: ["provision", "configure", "release", "run"])
    func afterFailure(command: String) async throws {
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator("x", "y", failing: "\(command) y")
                .deploy(name, until: .run, creating: created)
        }
        #expect(error?.code == .stepFailed)
        #expect(error?.next?.rawValue == command)
        #expect(error?.steps.last?.outcome == .failed)
        let before = trail.all
        let report = try await orchestrator("x", "y").deploy(name, until: .run, creating: created)
        #expect(report.stored.document.state == .running)
        #expect(trail.all[before.count...].first == "\(command) y")
        #expect(trail.all.filter { $0.hasSuffix("x") }.count == 4)
    }

    @Test("resumes an interrupted start, and one whose failure came after it", arguments: [true, false])
    func afterInterruptedRun(isFailed: Bool) async throws {
        _ = try await orchestrator("x").deploy(name, until: .release, creating: created)
        let released = try #require(await repository.load(name)).document
        let running = try released.environment(as: Released.self).startRunning()
        try await repository.save(running.erased)
        if isFailed {
            await #expect(throws: CommandError.self) {
                _ = try await orchestrator("x", failing: "run x").deploy(name, until: .run, creating: created)
            }
        }
        let report = try await orchestrator("x").deploy(name, until: .run, creating: created)
        #expect(Phase.run.isReached(by: report.stored.document))
    }

    @Test("reports the remaining work and changes nothing")
    func plans() async throws {
        let orchestrator = try orchestrator("x", "y", failing: "configure y")
        func plan(_ environment: AnyEnvironmentState?, _ goal: Phase) throws -> [String] {
            try orchestrator.plan(from: environment, until: goal).phases.flatMap { planned in
                planned.steps.map { "\(planned.phase) \($0)" }
            }
        }
        #expect(try plan(nil, .provision) == ["provision x", "provision y"])
        await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(name, until: .configure, creating: created)
        }
        let stored = try #require(await repository.load(name)).document
        let before = repository.log
        #expect(try plan(stored, .provision) == [])
        #expect(try plan(stored, .configure) == ["configure y"])
        #expect(try plan(stored, .release) == ["configure y", "release x", "release y"])
        let destroy = try orchestrator.planDestroy(of: stored)
        #expect(destroy.flatMap(\.steps).map(\.text) == ["x", "y"])
        #expect(repository.log == before)
    }

    @Test("refuses to deploy a destroyed environment, and does not destroy it again")
    func destroyed() async throws {
        let orchestrator = try orchestrator("x")
        #expect(try await orchestrator.destroy(name) == nil)
        _ = try await orchestrator.deploy(name, until: .configure, creating: created)
        let first = try #require(try await orchestrator.destroy(name))
        #expect(first.changed && first.stored.document.state == .destroyed)
        let second = try #require(try await orchestrator.destroy(name))
        #expect(!second.changed && second.stored == first.stored)
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(name, until: .configure, creating: created)
        }
        #expect(error?.code == .wrongState)
    }

    @Test("does not accept a destroy as the goal of a deployment")
    func noDestroy() async throws {
        let orchestrator = try orchestrator("x")
        for environment in [nil, created().erased] {
            let error = #expect(throws: CommandError.self) { try orchestrator.plan(from: environment, until: .destroy) }
            #expect(error?.code == .wrongState)
        }
        await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(name, until: .destroy, creating: created)
        }
        #expect(trail.all == [])
    }

    @Test("chains commands under one lease and returns the typed environment")
    func chain() async throws {
        let running = try await orchestrator("x").provision(created()).configure().release().run().finish()
        #expect(running.instanceAddress.text == "10.0.0.7")
        #expect(trail.all == ["provision x", "configure x", "release x", "run x"])
        #expect(await repository.holder(of: name) == nil)
    }

    @Test("releases the lease when a chain is dropped")
    func droppedChain() async throws {
        do { _ = try await orchestrator("x").provision(created()) }
        while await repository.holder(of: name) != nil { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test("releases the lease when a command of a chain fails")
    func brokenChain() async throws {
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator("x", failing: "configure x").provisionAndConfigure(created())
        }
        #expect(error?.code == .stepFailed)
        #expect(error?.message.hasPrefix("configure of my-env failed in step x") == true)
        #expect(await repository.holder(of: name) == nil)
    }

    @Test("resumes a failed destroy at the failed step")
    func destroyResumes() async throws {
        _ = try await orchestrator("x", "y").deploy(name, until: .provision, creating: created)
        await #expect(throws: CommandError.self) {
            _ = try await orchestrator("x", "y", failing: "destroy y").destroy(name)
        }
        let stored = try #require(await repository.load(name)).document
        #expect(stored.state == .provisioned)
        #expect(stored.progress?.completed.map(\.name.text) == ["x"])
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator("x", "y").deploy(name, until: .configure, creating: created)
        }
        #expect(error?.code == .destructionUnfinished)
        _ = try await orchestrator("x", "y").destroy(name)
        #expect(trail.all.suffix(3) == ["destroy x", "destroy y", "destroy y"])
        #expect(await repository.load(name)?.document.state == .destroyed)
    }
}
