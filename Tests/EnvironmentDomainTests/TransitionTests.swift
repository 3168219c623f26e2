import Testing

@testable import EnvironmentDomain

@Suite("Transitions", .quietLog)
struct TransitionTests {
    @Test("Each edge leads from its state to its target", arguments: Lifecycle.edges)
    func edge(edge: LifecycleEdge) throws {
        let before = try Sample.environment(in: edge.from)
        let after = try before.taking(edge)
        #expect(before.state == edge.from)
        #expect(after.state == edge.to)
    }

    @Test(
        "A transition keeps every field of the context", arguments: Lifecycle.edges,
        [UInt64(1), 2, 3, 4, 5, 6, 7, 8, 9, 10])
    func keepsContext(edge: LifecycleEdge, seed: UInt64) throws {
        var source = RandomSource(seed: seed)
        let sample = try Sample.environment(in: edge.from)
        for _ in 0..<10 {
            let context = try EnvironmentContext.random(using: &source)
            let after = try sample.with(context).taking(edge)
            #expect(after.context == context)
        }
    }

    @Test("An environment goes from created to running, step by step")
    func happyPath() throws {
        let created = try Sample.created()
        let context = created.snapshot.context
        let provisioned = try created.startProvisioning(Sample.run(1)).provisioned(Sample.anInstance())
        let configured = try provisioned.startConfiguring(Sample.run(2)).configured()
        let released = try configured.startReleasing(Sample.run(3)).released()
        let running = try released.startRunning(Sample.run(4))
        #expect(running.snapshot.context == context)
        #expect(running.instanceAddress.text == Sample.instance)
        #expect(running.state.progress == StepProgress(command: try Sample.run(4)))
        #expect(running.erased.state == .running)
    }

    @Test(
        "An environment can be destroyed from every other state, and then has no instance",
        arguments: LifecycleState.allCases.filter { $0 != .destroyed })
    func destroyed(from state: LifecycleState) throws {
        let edge = try #require(Lifecycle.edges.first { $0.from == state && $0.method == "destroyed()" })
        let after = try Sample.environment(in: state).taking(edge)
        #expect(after.state == .destroyed)
        #expect(after.instance == nil)
        #expect(after.progress == nil)
        #expect(after.failure == nil)
    }

    @Test(
        "The destroyed state has no destroy in progress, and keeps everything else",
        arguments: LifecycleState.allCases.filter { $0 != .destroyed })
    func destructionIsCleared(from state: LifecycleState) throws {
        let edge = try #require(Lifecycle.edges.first { $0.from == state && $0.method == "destroyed()" })
        let before = try Sample.environment(in: state)
        let failure = try Sample.failure("remove_instance", startedAt: 540)
        let after = try before.with(Sample.destruction(failure: failure)).taking(edge)
        #expect(after.context == before.context)
        #expect(after.unfinishedCommand == nil)
        #expect(after.nextCommand == nil)
    }

    @Test("A started command has the run's id, its time and no completed step")
    func starting() throws {
        let run = try Sample.run(5)
        let fresh = StepProgress(command: run)
        #expect(fresh.commandID == run.id)
        #expect(fresh.startedAt == run.startedAt)
        #expect(fresh.completed.isEmpty && fresh.current == nil && fresh.finishedAt == nil)
        #expect(try Sample.created().startProvisioning(run).state.progress == fresh)
        #expect(try Sample.provisioned().startConfiguring(run).state.progress == fresh)
        #expect(try Sample.configured().startReleasing(run).state.progress == fresh)
        #expect(try Sample.released().startRunning(run).state.progress == fresh)
    }

    @Test(
        "A failed state contains the failure and the completed steps, and no current one",
        arguments: [
            (LifecycleState.provisioning, "provisionFailed(_:)"), (.configuring, "configureFailed(_:)"),
            (.releasing, "releaseFailed(_:)"), (.running, "runFailed(_:)"),
        ])
    func failing(from state: LifecycleState, method: String) throws {
        let edge = try #require(Lifecycle.edges.first { $0.from == state && $0.method == method })
        let before = try Sample.environment(in: state)
        let after = try before.taking(edge)
        #expect(after.failure?.summary == "the command ended with status 3")
        #expect(after.failure?.durationMilliseconds == 2000)
        #expect(after.progress?.completed == before.progress?.completed)
        #expect(after.progress?.completed.count == 1)
        #expect(after.progress?.startedAt == before.progress?.startedAt)
        #expect(before.progress?.current != nil)
        #expect(after.progress?.current == nil)
        #expect(after.instance == before.instance)
    }

    @Test(
        "A retry resumes after the completed steps, as another run",
        arguments: [
            LifecycleState.provisionFailed, .configureFailed, .releaseFailed, .runFailed,
        ])
    func retrying(from state: LifecycleState) throws {
        let edge = try #require(Lifecycle.edges.first { $0.from == state && $0.method.hasPrefix("retry") })
        let before = try Sample.environment(in: state)
        let after = try before.taking(edge)
        #expect(after.progress?.commandID == (try Sample.run(5).id))
        #expect(after.progress?.commandID != before.progress?.commandID)
        #expect(after.progress?.completed == before.progress?.completed)
        #expect(after.progress?.startedAt == before.progress?.startedAt)
        #expect(after.failure == nil)
        #expect(after.unfinishedCommand == before.unfinishedCommand)
        #expect(after.instance == before.instance)
    }

    @Test(
        "A restarted phase begins with its first step as another run, and keeps an existing instance",
        arguments: Lifecycle.edges.filter(\.isAgain))
    func again(edge: LifecycleEdge) throws {
        let before = try Sample.environment(in: edge.from)
        let after = try before.taking(edge)
        #expect(after.progress == StepProgress(command: try Sample.run(5)))
        #expect(after.failure == nil)
        #expect(after.unfinishedCommand == edge.phase.command)
        #expect(after.instance == (edge.phase == .provision ? nil : before.instance))
    }

    @Test("A complete start that failed later is unfinished again when it is retried")
    func retryingWhatWasFinished() throws {
        let failed = try Sample.finishedRunning().runFailed(Sample.failure("wait_until_healthy", startedAt: 600))
        #expect(failed.state.progress.finishedAt == nil)
        #expect(try failed.retryRunning(Sample.run(5)).erased.unfinishedCommand == .run)
    }

    @Test("A restarted step counts its attempts, and another step starts from 1")
    func attempts() throws {
        var progress = StepProgress(command: try Sample.run(1))
        let (first, second) = (StepName("first"), StepName("second"))
        progress.start(first, at: try Sample.time(1))
        progress.start(first, at: try Sample.time(2))
        #expect(progress.current?.attempt == 2)
        #expect(progress.current?.startedAt == (try Sample.time(2)))
        progress.complete(first, startedAt: try Sample.time(2), at: try Sample.time(3), attempts: 2)
        #expect(progress.current == nil)
        #expect(progress.completed.map(\.attempts) == [2])
        progress.start(second, at: try Sample.time(4))
        #expect(progress.current?.attempt == 1)
    }

    @Test("A new environment gets its usual instance name, port and provider unless others are named")
    func creation() throws {
        let usual = Environment<Created>(name: EnvironmentName("a"), sshCredentials: try Sample.credentials())
        #expect(usual.instanceName.text == "env-a")
        #expect(usual.sshPort == .standard)
        #expect(usual.provider == ProviderReference(kind: .local))
        #expect(usual.outputs.isEmpty)
        let chosen = Environment<Created>(
            name: EnvironmentName("a"), instanceName: try InstanceName("box"),
            sshCredentials: try Sample.credentials(), sshPort: try SSHPort(2222))
        #expect(chosen.instanceName.text == "box")
        #expect(chosen.sshPort.number == 2222)
    }
}

extension EnvironmentContext {
    /// Returns a context with random values in every field, except for a destroy in progress, which `destroyed()` would
    /// end.
    fileprivate static func random(using source: inout RandomSource) throws -> EnvironmentContext {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let name = try EnvironmentName(source.text(of: letters, length: 1...63))
        var outputs: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...5, using: &source) {
            outputs[source.text(of: letters, length: 1...9)] = source.text(of: letters + " \"\\\näß😀", length: 0...20)
        }
        let hasDetails = Bool.random(using: &source)
        let path = { (source: inout RandomSource) throws in
            try AbsolutePath("/" + source.text(of: letters + " /ä", length: 0...40))
        }
        return EnvironmentContext(
            name: name, instanceName: try InstanceName(source.text(of: letters, length: 1...63)),
            sshCredentials: SSHCredentials(
                username: try SSHUsername(source.text(of: letters, length: 1...32)),
                privateKeyPath: try path(&source), publicKeyPath: try path(&source)),
            sshPort: try SSHPort(Int.random(in: 1...65535, using: &source)),
            createdAt: Timestamp(millisecondsSince1970: Int64.random(in: 0...4_000_000_000_000, using: &source)),
            provider: ProviderReference(
                kind: try ProviderKind(source.text(of: letters, length: 1...100)),
                source: hasDetails ? try path(&source) : nil,
                digest: hasDetails ? Checksum(of: name.text.utf8) : nil),
            outputs: outputs, parameters: hasDetails ? try ["tag": "v\(name.text)"].parameters() : [:],
            completed: hasDetails ? [.release: try Sample.completedRelease()] : [:])
    }
}
