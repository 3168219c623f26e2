import EnvironmentDomain
import Testing

@testable import Commands

@Suite("A frozen environment")
struct FreezeTests {
    private static func name() throws -> EnvironmentName { EnvironmentName("my-env") }

    /// Returns the environment that a deployment starts from when nothing is stored.
    private static func other() -> Environment<Created> {
        guard let sample = try? Sample.created("other") else { preconditionFailure("the sample is valid") }
        return sample
    }

    /// Returns a repository with a frozen environment.
    private func frozen(until: Timestamp? = nil) async throws -> SpyRepository {
        let repository = try SpyRepository()
        try await repository.save(Sample.created().erased)
        _ = try await FreezeCommand(repository: repository).freeze(
            Self.name(), reason: "the fair goes on", until: until)
        return repository
    }

    private func orchestrator(_ repository: SpyRepository, _ trail: Trail) throws -> DeploymentOrchestrator {
        DeploymentOrchestrator(
            provider: Provider(ProviderReference(kind: .workflow), steps: [.provision: try trail.steps("a")]),
            repository: repository)
    }

    @Test("keeps its state, and its history contains the reason")
    func history() async throws {
        let repository = try await frozen()
        let stored = try #require(await repository.load(Self.name()))
        #expect(stored.document.state == .created)
        #expect(stored.document.context.freeze?.reason == "the fair goes on")
        #expect(stored.line?.event.command == .freeze)
        #expect(stored.line?.event.reason == "the fair goes on")
        #expect(stored.line?.event.change == .transition(from: .created, to: .created))
    }

    @Test("is neither deployed nor destroyed nor planned")
    func refused() async throws {
        let repository = try await frozen()
        let trail = Trail()
        let orchestrator = try orchestrator(repository, trail)
        let environment = try #require(await repository.load(Self.name())).document
        let saves = repository.log
        let name = environment.name
        let errors = [
            try await refusal { () async throws(CommandError) in
                _ = try await orchestrator.deploy(name, until: .provision, creating: Self.other)
            },
            try await refusal { () async throws(CommandError) in _ = try await orchestrator.destroy(name) },
            try await refusal { () async throws(CommandError) in
                _ = try orchestrator.plan(from: environment, until: .configure)
            },
            try await refusal { () async throws(CommandError) in _ = try orchestrator.planDestroy(of: environment) },
        ]
        for error in errors {
            #expect(error.code == .frozen)
            #expect(error.message.contains("the fair goes on"))
            #expect(error.lastDurable == environment)
        }
        #expect(repository.log == saves)
        #expect(trail.all.isEmpty)
    }

    @Test("can be changed again after the freeze is lifted")
    func unfrozen() async throws {
        let repository = try await frozen()
        let stored = try await FreezeCommand(repository: repository).unfreeze(Self.name())
        #expect(stored?.document.context.freeze == nil)
        #expect(stored?.line?.event.command == .unfreeze)
        let trail = Trail()
        let orchestrator = try orchestrator(repository, trail)
        _ = try? await orchestrator.deploy(Self.name(), until: .provision, creating: Self.other)
        #expect(trail.all == ["a"])
    }

    @Test("can be changed again after the freeze has expired")
    func over() async throws {
        let repository = try await frozen(until: Timestamp(millisecondsSince1970: 0))
        let trail = Trail()
        let orchestrator = try orchestrator(repository, trail)
        _ = try? await orchestrator.deploy(Self.name(), until: .provision, creating: Self.other)
        #expect(trail.all == ["a"])
    }

    @Test("is not saved again when nothing changes, and is not created when it does not exist")
    func nothing() async throws {
        let repository = try SpyRepository()
        let command = FreezeCommand(repository: repository)
        #expect(try await command.unfreeze(Self.name()) == nil)
        try await repository.save(Sample.created().erased)
        let before = repository.log
        _ = try await command.unfreeze(Self.name())
        #expect(repository.log == before)
    }

    private func refusal(_ body: () async throws(CommandError) -> Void) async throws -> CommandError {
        var refused: CommandError?
        do throws(CommandError) { try await body() } catch { refused = error }
        return try #require(refused)
    }
}
