import EnvironmentDomain
import Persistence
import Testing

@testable import Commands

@Suite("A command is refused, with nothing done,")
struct RefusalTests {
    /// Returns a provisioning that was interrupted in its second step.
    private func interrupted(_ repository: SpyRepository, kind: ProviderKind = .workflow) async throws
        -> AnyEnvironmentState
    {
        var snapshot = try Sample.created().startProvisioning().snapshot
        snapshot.context.provider = ProviderReference(kind: kind)
        snapshot.state.progress.start(StepName("a"), at: .now())
        snapshot.state.progress.complete(StepName("a"), startedAt: .now(), at: .now(), attempts: 1)
        snapshot.state.progress.start(StepName("b"), at: .now())
        try await repository.save(snapshot.erased)
        return snapshot.erased
    }

    private func resume(
        _ repository: SpyRepository, _ environment: AnyEnvironmentState, _ steps: [Step],
        rerun: String? = nil
    ) async throws -> CommandError? {
        let before = repository.log
        let options = CommandOptions(rerun: try rerun.map { try StepName($0) })
        do {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository, options: options)
                .resume(environment.environment(as: Provisioning.self))
            return nil
        } catch let error as CommandError {
            #expect(repository.log == before)
            return error
        }
    }

    @Test(
        "when the completed steps are no longer the first ones", arguments: [["b"], ["b", "a"], ["x", "a", "b"], []])
    func changedSteps(names: [String]) async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository)
        let trail = Trail()
        let steps = try names.flatMap { try trail.steps($0) }
        let error = try #require(try await resume(repository, environment, steps))
        #expect(error.code == .workflowChanged)
        #expect(error.message.contains("the completed steps a must still come first"))
        #expect(trail.all.isEmpty)
    }

    @Test("but not when only the remaining steps were changed")
    func repairedSteps() async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository)
        let trail = Trail()
        #expect(try await resume(repository, environment, try trail.steps("a", "repaired", "more")) == nil)
        #expect(trail.all == ["repaired", "more"])
    }

    @Test("when another provider started it")
    func otherProvider() async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository, kind: .local)
        let trail = Trail()
        let error = try #require(try await resume(repository, environment, try trail.steps("a", "b")))
        #expect(error.code == .workflowChanged)
        #expect(error.message.contains("was begun with the provider local and cannot continue with workflow"))
    }

    @Test("when another provider would deploy or roll back, with the name of the requested command")
    func otherProviderNamed() async throws {
        let name: EnvironmentName = "my-env"
        let repository: any EnvironmentArchive = try InMemoryEnvironmentRepository()
        func provider(_ kind: ProviderKind) -> Provider {
            Provider(kind, provision: [Step("make") { try $0.set(.instanceAddress, to: "10.0.0.7") }])
        }
        _ = try await DeploymentOrchestrator(provider: provider("mine"), repository: repository)
            .deploy(name, until: .run, creating: nil)
        let before = try await repository.load(name)
        for last in [Phase.configure, .run] {
            let error = await #expect(throws: CommandError.self) {
                _ = try await DeploymentOrchestrator(provider: provider("other"), repository: repository)
                    .deploy(name, until: last, creating: nil)
            }
            #expect(
                error?.message == "\(last) of my-env was refused: it was begun with the provider mine and cannot "
                    + "continue with other. Nothing was done.")
        }
        let error = await #expect(throws: CommandError.self) {
            _ = try await RollbackCommand(provider: provider("other"), repository: repository).execute(name)
        }
        #expect(error?.code == .workflowChanged)
        #expect(error?.message.hasPrefix("rollback of my-env was refused: it was begun with the") == true)
        #expect(try await repository.load(name) == before)
    }

    @Test("when another provider would destroy what the first one made")
    func otherProviderDestroys() async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository, kind: .local)
        let trail = Trail()
        let steps = try trail.steps("d")
        let error = await #expect(throws: CommandError.self) {
            _ = try await DestroyCommand(provider: .test(steps), repository: repository)
                .execute(environment.environment(as: Provisioning.self))
        }
        #expect(error?.code == .workflowChanged)
        let provisioned = try environment.environment(as: Provisioning.self)
            .provisioned(Instance(address: try InstanceAddress("10.0.0.7")))
        try await repository.save(provisioned.erased)
        let picture = provisioned.erased
        let second = await #expect(throws: CommandError.self) {
            _ = try await DestroyCommand(provider: .test(steps), repository: repository)
                .execute(picture.environment(as: Provisioned.self))
        }
        #expect(second?.code == .workflowChanged)
        #expect(trail.all.isEmpty)
    }

    @Test("when the stored environment is not the one that its provider was chosen for")
    func otherThanChosen() async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository)
        let trail = Trail()
        let orchestrator = DeploymentOrchestrator(provider: .test(try trail.steps("a")), repository: repository)
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(environment.name, until: .run, onlyIf: { $0 == nil }) {
                preconditionFailure("something is stored")
            }
        }
        #expect(error?.code == .staleEnvironment)
        #expect(trail.all.isEmpty)
    }

    @Test("when the interrupted step is not repeatable, unless a person confirms it")
    func notRepeatable() async throws {
        let repository = try SpyRepository()
        let environment = try await interrupted(repository)
        let trail = Trail()
        let b = Step("b") { context in
            trail.add("b")
            try context.set(.instanceAddress, to: "10.0.0.7")
        }.with(isRepeatable: false)
        let steps = try trail.steps("a") + [b]
        let error = try #require(try await resume(repository, environment, steps))
        #expect(error.code == .notRepeatable)
        #expect(error.step?.text == "b")
        #expect(error.message.contains("step b may have run already and is not repeatable"))
        #expect(trail.all.isEmpty)
        #expect(try await resume(repository, environment, steps, rerun: "b") == nil)
        #expect(trail.all == ["b"])
    }

    @Test("while a destroy is unfinished")
    func unfinishedDestroy() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let created = try Sample.created()
        try await repository.save(created.erased)
        let failingSteps = try trail.steps("d", failing: "d")
        await #expect(throws: CommandError.self) {
            _ = try await DestroyCommand(provider: .test(failingSteps), repository: repository)
                .execute(try created.erased.environment(as: Created.self))
        }
        let stored = try #require(await repository.load(EnvironmentName("my-env"))).document
        #expect(stored.state == .created)
        #expect(stored.failure?.failedStep.text == "d")
        #expect(stored.nextCommand == .destroy)
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(failingSteps), repository: repository)
                .execute(stored.environment(as: Created.self))
        }
        #expect(error?.code == .destructionUnfinished)
        #expect(error?.next == .destroy)
        let gone = try await DestroyCommand(provider: .test(try trail.steps("d")), repository: repository)
            .execute(stored.environment(as: Created.self))
        #expect(gone.erased.failure == nil)
        #expect(trail.all == ["d", "d"])
    }
}
