import EnvironmentDomain
import Testing

@testable import Commands

@Suite("A phase that has started can run again")
struct AgainTests {
    private let name: EnvironmentName
    private let repository: SpyRepository
    private let trail = Trail()

    init() throws {
        name = EnvironmentName("my-env")
        repository = try SpyRepository()
    }

    /// Returns a provider whose steps record their phase and the parameter `tag`.
    private func provider(
        digests: [Phase: String] = [:], failing: Phase? = nil, stuck: Phase? = nil,
        onStuck: AsyncStream<Void>.Continuation? = nil
    ) throws -> Provider {
        let steps = try ["x", "y"].map { step in
            Step(try StepName(step)) { [trail] context in
                trail.add("\(context.command) \(step) \(context.parameters["tag"] ?? "-")")
                try context.set(.instanceAddress, to: "10.0.0.7")
                guard step == "y" else { return }
                if context.command == failing?.command { throw StepError(kind: "broken", summary: "broken") }
                if context.command == stuck?.command {
                    onStuck?.yield()
                    try await Task.sleep(for: .seconds(86_400))
                }
            }
        }
        var provider = Provider.test(steps)
        provider.digests = digests.mapValues { Checksum(of: $0.utf8) }
        return provider
    }

    private func orchestrator(_ provider: Provider) -> DeploymentOrchestrator {
        DeploymentOrchestrator(provider: provider, repository: repository)
    }

    private func created() -> Environment<Created> {
        guard let environment = try? Sample.created() else { preconditionFailure("the sample is valid") }
        return environment
    }

    private func deploy(
        _ provider: Provider, until last: Phase = .run, from first: Phase? = nil, tag: String? = nil
    ) async throws -> DeploymentOrchestrator.Report {
        try await orchestrator(provider).deploy(
            name, until: last, from: first, parameters: tag.map { ["tag": $0] } ?? [:], creating: created)
    }

    /// Deploys until the last step of a phase fails or is interrupted.
    private func breakOff(in phase: Phase, isFailure: Bool, tag: String? = nil) async throws {
        let (stuck, continuation) = AsyncStream<Void>.makeStream()
        let provider =
            try isFailure ? provider(failing: phase) : provider(stuck: phase, onStuck: continuation)
        let task = Task { try await deploy(provider, until: phase, tag: tag) }
        if !isFailure {
            for await _ in stuck { break }
            task.cancel()
        }
        await #expect(throws: CommandError.self) { _ = try await task.value }
    }

    private func stored() async throws -> AnyEnvironmentState { try #require(await repository.load(name)).document }

    @Test("A second release runs the steps of release and run again, with the new parameter")
    func secondRelease() async throws {
        let provider = try provider()
        let first = try await orchestrator(provider).deploy(
            name, to: .running, parameters: ["tag": "v1"], creating: created)
        let before = trail.all
        let released = try await ReleaseCommand(provider: provider, repository: repository)
            .again(first, parameters: ["tag": "v2"])
        #expect(released.snapshot.context.completed[.release]?.parameters == ["tag": "v2"])
        #expect(released.snapshot.context.completed[.run] == nil)
        #expect(released.snapshot.context.completed[.provision]?.parameters == ["tag": "v1"])
        let running = try await RunCommand(provider: provider, repository: repository).execute(released)
        #expect(trail.all[before.count...] == ["release x v2", "release y v2", "run x v2", "run y v2"])
        #expect(running.parameters == ["tag": "v2"])
        #expect(try await stored() == running.erased)
    }

    @Test(
        "Every phase can run again from every state in which it has started",
        arguments: Lifecycle.edges.filter(\.isAgain))
    func everyEdge(edge: LifecycleEdge) async throws {
        let provider = try provider()
        if edge.from.isError || [.provisioning, .configuring, .releasing].contains(edge.from),
            let command = edge.from.command
        {
            try await breakOff(in: try #require(Phase(command)), isFailure: edge.from.isError)
        } else if let phase = Phase(goal: edge.from) {
            _ = try await deploy(provider, until: phase)
        }
        #expect(try await stored().state == edge.from)
        let before = trail.all
        let report = try await deploy(provider, until: edge.phase, from: edge.phase)
        #expect(report.stored.document.state == edge.phase.goal)
        #expect(trail.all[before.count...] == ["\(edge.phase) x -", "\(edge.phase) y -"])
    }

    @Test("A deployment at its goal with another parameter runs nothing and names the phase to start again")
    func parameterDiffers() async throws {
        let provider = try provider()
        _ = try await deploy(provider, tag: "v1")
        let before = (trail.all, repository.log)
        let error = await #expect(throws: CommandError.self) { _ = try await deploy(provider, tag: "v2") }
        #expect(error?.code == .inputsChanged)
        #expect(error?.startAgain == .release)
        #expect(error?.differences.map(\.phase) == [.release, .run])
        #expect(error?.message.contains("release was completed with tag=v1, and tag=v2 is given") == true)
        #expect(trail.all == before.0 && repository.log == before.1)
        _ = try await deploy(provider, from: .release, tag: "v2")
        #expect(try await !deploy(provider, tag: "v2").changed)
        #expect(try await !deploy(provider).changed)
    }

    @Test("A parameter differs when its bytes do, even if Swift considers the texts equal")
    func bytesDiffer() async throws {
        let provider = try provider()
        _ = try await deploy(provider, tag: "caf\u{E9}")
        let error = await #expect(throws: CommandError.self) { _ = try await deploy(provider, tag: "cafe\u{301}") }
        #expect(error?.code == .inputsChanged)
    }

    @Test(
        "A deployment at its goal with other steps runs nothing, when the goal depends on them",
        arguments: [
            (Phase.provision, Phase.provision), (.configure, .configure), (.release, .release), (.run, .run),
            (.run, .release),
        ])
    func stepsDiffer(goal: Phase, changed: Phase) async throws {
        _ = try await deploy(provider(digests: [changed: "one"]), until: goal)
        let after = try provider(digests: [changed: "two"])
        let error = await #expect(throws: CommandError.self) { _ = try await deploy(after, until: goal) }
        #expect(error?.code == .inputsChanged)
        #expect(error?.startAgain == changed)
        #expect(try await deploy(after, until: goal, from: changed).changed)
        #expect(try await !deploy(after, until: goal).changed)
    }

    @Test("Changed steps of a phase that the goal does not depend on have no effect")
    func otherStepsDiffer() async throws {
        _ = try await deploy(provider(digests: [.provision: "one"]))
        #expect(try await !deploy(provider(digests: [.provision: "two"])).changed)
    }

    @Test("A deployment at its goal reports and logs the differences in phases that it does not run")
    func keptDifferences() async throws {
        _ = try await deploy(provider(digests: [.provision: "one"]))
        let changed = try provider(digests: [.provision: "two"])
        let records = try await logged {
            let report = try await deploy(changed)
            #expect(!report.changed)
            #expect(report.keptDifferences == [InputDifference(phase: .provision, input: .steps)])
        }
        #expect(records.contains { $0.message == "completed phases stay as they are" })
    }

    @Test(
        "An unfinished destroy restarts at the step that the provider names when its source has changed",
        arguments: [true, false])
    func changedDestroy(isChanged: Bool) async throws {
        func provider(_ source: String, isBroken: Bool = false) -> Provider {
            func step(_ name: StepName) -> Step {
                Step(name) { [trail] _ in
                    trail.add(name.text)
                    if isBroken, name == "b" { throw StepError(kind: "broken", summary: "broken") }
                }
            }
            return Provider(
                "mine", provision: [Step("make") { try $0.set(.instanceAddress, to: "10.0.0.7") }],
                destroy: [step("a"), step("b")], redoneWhenChanged: [.destroy: "a"],
                digest: Checksum(of: Array(source.utf8)))
        }
        _ = try await orchestrator(provider("one")).deploy(name, until: .provision, creating: nil)
        await #expect(throws: CommandError.self) {
            _ = try await orchestrator(provider("one", isBroken: true)).destroy(name)
        }
        let next = orchestrator(provider(isChanged ? "two" : "one"))
        #expect(try next.planDestroy(of: try await stored()).flatMap(\.steps) == (isChanged ? ["a", "b"] : ["b"]))
        _ = try await next.destroy(name)
        #expect(trail.all == ["a", "b"] + (isChanged ? ["a", "b"] : ["b"]))
    }

    @Test(
        "A new parameter restarts a failed or interrupted phase; without one the phase resumes",
        arguments: [true, false])
    func unfinished(isFailed: Bool) async throws {
        try await breakOff(in: .release, isFailure: isFailed, tag: "v1")
        #expect(try await stored().unfinishedCommand == .release)
        let before = trail.all
        try await breakOff(in: .release, isFailure: isFailed, tag: "v1")
        #expect(trail.all[before.count...] == ["release y v1"])
        _ = try await deploy(provider(), tag: "v2")
        #expect(
            trail.all[(before.count + 1)...] == ["release x v2", "release y v2", "run x v2", "run y v2"])
    }

    @Test("A phase that has never started cannot start again")
    func notBegun() async throws {
        let provider = try provider()
        for _ in 0..<2 {
            let error = await #expect(throws: CommandError.self) { _ = try await deploy(provider, from: .release) }
            #expect(error?.code == .wrongState)
            #expect(error?.message.contains("was never started") == true)
            _ = try await deploy(provider, until: .configure)
        }
    }

    @Test("A typed deployment past its goal is refused and changes nothing")
    func pastTheGoal() async throws {
        let provider = try provider()
        _ = try await deploy(provider)
        let before = repository.log
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator(provider).deploy(name, to: .configured, creating: created)
        }
        #expect(error?.code == .wrongState)
        #expect(error?.message.contains("past configured") == true)
        #expect(repository.log == before)
    }

    @Test("A chain can start with a running environment and end with a destroyed one")
    func chain() async throws {
        let provider = try provider()
        let running = try await orchestrator(provider).deploy(name, to: .running, creating: created)
        let next = try await orchestrator(provider).deployment(of: running)
            .releaseAgain(parameters: ["tag": "v2"]).run().finish()
        #expect(next.parameters == ["tag": "v2"])
        let gone = try await orchestrator(provider).deployment(of: next).destroy()
        #expect(gone.erased.state == .destroyed)
        #expect(await repository.holder(of: name) == nil)
    }
}
