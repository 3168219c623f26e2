import EnvironmentDomain
import Persistence
import Synchronization
import Testing

@testable import Commands

@Suite("A command")
struct CommandTests {
    @Test("saves every state and every step before the next side effect")
    func savesInOrder() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let provision = ProvisionCommand(provider: .test(try trail.steps("a", "b")), repository: repository)
        let provisioned = try await provision.execute(try Sample.created())
        #expect(provisioned.instanceAddress.text == "10.0.0.7")
        #expect(
            repository.log == [
                ">created", "created>provisioning", "started a", "completed a", "started b", "completed b",
                "provisioning>provisioned",
            ])
        #expect(trail.all == ["a", "b"])
    }

    @Test("has recorded the intent of a step durably when the step starts")
    func announcesFirst() async throws {
        let repository = try SpyRepository()
        let step = Step("a") { context in
            #expect(repository.log == [">created", "created>provisioning", "started a"])
            let stored = await repository.load(context.environment.name)?.document
            #expect(stored?.progress?.current?.name.text == "a")
            #expect(stored == context.environment)
            try context.set(.instanceAddress, to: "10.0.0.7")
        }
        _ = try await ProvisionCommand(provider: .test([step]), repository: repository).execute(try Sample.created())
    }

    @Test("records the failed step, whichever it is", arguments: ["a", "b", "c"])
    func recordsFailure(failing: String) async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let steps = try trail.steps("a", "b", "c", failing: failing)
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.code == .stepFailed)
        #expect(error?.step?.text == failing)
        #expect(error?.failure?.errorKind == "broken")
        #expect(error?.next == .provision)
        let stored = try #require(await repository.load(EnvironmentName("my-env")))
        #expect(stored.document == error?.lastDurable)
        #expect(stored.document.state == .provisionFailed)
        #expect(stored.document.failure?.failedStep.text == failing)
        #expect(stored.document.failure?.summary == "\(failing) is broken")
        #expect(
            stored.document.progress?.completed.map(\.name.text) == Array(["a", "b", "c"].prefix { $0 != failing }))
        #expect(repository.log.suffix(2) == ["failed \(failing)", "provisioning>provision_failed"])
    }

    @Test("resumes at the failed step when it is retried")
    func retries() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(
                provider: .test(try trail.steps("a", "b", "c", failing: "b")), repository: repository
            ).execute(try Sample.created())
        }
        let failed = try #require(await repository.load(EnvironmentName("my-env")))
        let provision = ProvisionCommand(provider: .test(try trail.steps("a", "b", "c")), repository: repository)
        let provisioned = try await provision.retry(failed.document.environment(as: ProvisionFailed.self))
        #expect(trail.all == ["a", "b", "b", "c"])
        #expect(provisioned.outputs == ["instance_address": "10.0.0.7"])
    }

    @Test("resumes at the interrupted step, and keeps the outputs that the step had set")
    func resumes() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let stuck = Step("b") { context in
            try context.set("half", to: "done")
            try await Task.sleep(for: .seconds(86_400))
        }
        let a = try trail.steps("a")
        let task = Task {
            _ = try await ProvisionCommand(provider: .test(a + [stuck]), repository: repository)
                .execute(try Sample.created())
        }
        while !repository.log.contains("started b") { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let error = await #expect(throws: CommandError.self) { try await task.value }
        #expect(error?.code == .interrupted)
        #expect(error?.step?.text == "b")
        #expect(repository.log.last == "interrupted b")
        let stored = try #require(await repository.load(EnvironmentName("my-env")))
        #expect(stored.document.state == .provisioning)
        #expect(stored.document.progress?.current?.name.text == "b")
        #expect(stored.document.context.outputs["half"] == "done")
        #expect(await repository.holder(of: EnvironmentName("my-env")) == nil)

        let provision = ProvisionCommand(provider: .test(try trail.steps("a", "b")), repository: repository)
        let resumed = try await provision.resume(stored.document.environment(as: Provisioning.self))
        #expect(trail.all == ["a", "b"])
        #expect(resumed.outputs["half"] == "done")
        #expect(resumed.snapshot.erased.state == .provisioned)
    }

    @Test("reads the complete lines of a killed step's outputs")
    func takesOutputsOfKilledStep() async throws {
        let repository = try SpyRepository()
        var killed = try Sample.created().startProvisioning().snapshot
        let step = StepName("a")
        killed.state.progress.start(step, at: .now())
        try await repository.save(killed.erased)
        let workspace = repository.workspace(for: killed.context.name)
        let files = StepFiles(step, position: 1, run: killed.state.progress.commandID, in: workspace)
        try write("", to: "\(workspace.root)/\(Workspace.busyLockName)")
        try write("instance_address=10.0.0.9\nserver=1\nhalf=wri", to: files.outputs.path)
        let last = Step("a") { context in
            #expect(context.environment.context.outputs == ["instance_address": "10.0.0.9", "server": "1"])
            #expect(context.environment.progress?.current?.attempt == 2)
        }
        let provisioned = try await ProvisionCommand(provider: .test([last]), repository: repository)
            .resume(killed.erased.environment(as: Provisioning.self))
        #expect(provisioned.instanceAddress.text == "10.0.0.9")
    }

    @Test("refuses an environment that differs from the stored one, before anything is done")
    func refusesStale() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let provider = Provider.test(try trail.steps("a"))
        let first = try Sample.created()
        let copy = first.erased
        _ = try await ProvisionCommand(provider: provider, repository: repository).execute(first)
        let before = repository.log
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: provider, repository: repository)
                .execute(copy.environment(as: Created.self))
        }
        #expect(error?.code == .staleEnvironment)
        #expect(error?.lastDurable?.state == .provisioned)
        #expect(repository.log == before)
        #expect(trail.all == ["a"])
    }

    @Test("refuses an environment in a later state than created that is not stored")
    func refusesMissing() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let steps = try trail.steps("a")
        let error = await #expect(throws: CommandError.self) {
            let held = try Sample.created().startProvisioning()
                .provisioned(Instance(address: try InstanceAddress("10.0.0.7")))
            _ = try await ConfigureCommand(provider: .test(steps), repository: repository).execute(held)
        }
        #expect(error?.code == .staleEnvironment)
        #expect(trail.all.isEmpty && repository.log.isEmpty)
    }

    @Test("of the later kinds reaches its state from the one before", arguments: [0, 1])
    func reachesAllStates(stepCount: Int) async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let steps = stepCount == 0 ? [] : try trail.steps("x", "y")
        let provisioned = try await ProvisionCommand(provider: .test(try trail.steps("a")), repository: repository)
            .execute(try Sample.created())
        let configured = try await ConfigureCommand(provider: .test(steps), repository: repository)
            .execute(provisioned)
        let released = try await ReleaseCommand(provider: .test(steps), repository: repository).execute(configured)
        let running = try await RunCommand(provider: .test(steps), repository: repository).execute(released)
        #expect(running.state.progress.finishedAt != nil)
        #expect(running.erased.nextCommand == nil)
        let destroyed = try await DestroyCommand(provider: .test(steps), repository: repository).execute(running)
        #expect(destroyed.erased.state == .destroyed)
        #expect(await repository.load(destroyed.name)?.document == destroyed.erased)
    }

    @Test("keeps an address of the instance as soon as the step that found it has failed")
    func keepsOutputsOfFailure() async throws {
        let repository = try SpyRepository()
        let step = Step("a") { context in
            try context.set(.instanceAddress, to: "10.0.0.8")
            throw StepError(kind: "late", summary: "failed after that")
        }
        await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository)
                .execute(try Sample.created())
        }
        let stored = try #require(await repository.load(EnvironmentName("my-env")))
        #expect(stored.document.context.outputs == ["instance_address": "10.0.0.8"])
    }

    @Test(
        "of provisioning fails in its last step when the output of the address is missing or invalid",
        arguments: [(nil, "missing_output"), ("no address", "invalid_output")] as [(String?, String)])
    func needsAddress(address: String?, kind: String) async throws {
        let repository = try SpyRepository()
        let last = Step("b") { context in
            if let address { try context.set(.instanceAddress, to: address) }
        }
        let steps: [Step] = [Step("a"), last]
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.step?.text == "b")
        #expect(error?.failure?.errorKind == kind)
        #expect(error?.lastDurable?.state == .provisionFailed)
    }

    @Test("works under a lease that it is given, and leaves it to its owner")
    func worksUnderGivenLease() async throws {
        let repository = try SpyRepository(lockTimeout: .zero)
        let environment = try Sample.created()
        let trail = Trail()
        let provider = Provider.test(try trail.steps("a"))
        let lease = try await repository.acquireLease(environment.name, for: .provision, run: CommandRun())
        let provisioned = try await ProvisionCommand(provider: provider, repository: repository)
            .execute(environment, under: lease)
        #expect(await repository.holder(of: provisioned.name) != nil)
        await lease.release()
        #expect(await repository.holder(of: provisioned.name) == nil)
    }

    @Test("is refused while the environment is held, and not delayed by the holder of another one")
    func leasesSeparately() async throws {
        let repository = try SpyRepository(lockTimeout: .milliseconds(50))
        let trail = Trail()
        let provider = Provider.test(try trail.steps("a"))
        let held = try Sample.created("held")
        let lease = try await repository.acquireLease(held.name, for: .provision, run: CommandRun())
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: provider, repository: repository)
                .execute(try Sample.created("held"))
        }
        #expect(error?.failedSave?.code == .lockAcquisitionFailed)
        #expect(error?.failedSave?.holder?.pid != nil)
        _ = try await ProvisionCommand(provider: provider, repository: repository).execute(try Sample.created("other"))
        await lease.release()
    }

    @Test("records the running step in the lock")
    func notesSteps() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        _ = try await ProvisionCommand(provider: .test(try trail.steps("a", "b")), repository: repository)
            .execute(try Sample.created())
        #expect(repository.plan.withLock(\.notes).map { $0?.text } == ["a", nil, "b", nil])
    }
}

@Suite("A later command, typed,")
struct LaterCommandTests {
    private func repository() async throws -> SpyRepository { try SpyRepository() }

    private func failing() throws -> Provider {
        .test([Step("x") { _ in throw StepError(kind: "broken", summary: "broken") }])
    }

    private func working(_ trail: Trail) throws -> Provider {
        .test([Step("x") { _ in trail.add("x") }])
    }

    @Test("is retried after a failure and resumed after an interruption")
    func takenUpAgain() async throws {
        let repository = try await repository()
        let trail = Trail()
        let name = EnvironmentName("my-env")
        let provisioned = try await ProvisionCommand(provider: .test(try trail.steps("a")), repository: repository)
            .execute(try Sample.created())

        func stored() async throws -> AnyEnvironmentState { try #require(await repository.load(name)).document }

        let picture = provisioned.erased
        await #expect(throws: CommandError.self) {
            _ = try await ConfigureCommand(provider: try failing(), repository: repository)
                .execute(picture.environment(as: Provisioned.self))
        }
        let configure = ConfigureCommand(provider: try working(trail), repository: repository)
        let configured = try await configure.retry(try await stored().environment(as: ConfigureFailed.self))
        try await repository.save(picture)
        let configuring = try picture.environment(as: Provisioned.self).startConfiguring()
        try await repository.save(configuring.erased)
        #expect(try await configure.resume(configuring).erased.state == .configured)

        let before = configured.erased
        try await repository.save(before)
        await #expect(throws: CommandError.self) {
            _ = try await ReleaseCommand(provider: try failing(), repository: repository)
                .execute(before.environment(as: Configured.self))
        }
        let release = ReleaseCommand(provider: try working(trail), repository: repository)
        let released = try await release.retry(try await stored().environment(as: ReleaseFailed.self))
        let releasing = try before.environment(as: Configured.self).startReleasing()
        try await repository.save(releasing.erased)
        #expect(try await release.resume(releasing).erased.state == .released)

        let ready = released.erased
        try await repository.save(ready)
        await #expect(throws: CommandError.self) {
            _ = try await RunCommand(provider: try failing(), repository: repository)
                .execute(ready.environment(as: Released.self))
        }
        let run = RunCommand(provider: try working(trail), repository: repository)
        let running = try await run.retry(try await stored().environment(as: RunFailed.self))
        #expect(running.state.progress.finishedAt != nil)
        let starting = try ready.environment(as: Released.self).startRunning()
        try await repository.save(starting.erased)
        #expect(try await run.resume(starting).state.progress.finishedAt != nil)
        #expect(trail.all == ["a"] + Array(repeating: "x", count: 6))
    }
}
