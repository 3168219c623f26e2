import DocumentStore
import EnvironmentDomain
import Persistence
import Testing

@testable import Commands

@Suite("A rollback")
struct RollbackTests {
    private let name: EnvironmentName = "my-env"
    private let repository: any EnvironmentArchive
    private let trail = Trail()

    init() throws { repository = try InMemoryEnvironmentRepository() }

    /// Returns a provider whose release and run have two steps, which record their phase and the parameter `tag`.
    ///
    /// - Parameters:
    ///   - failing: The step that fails, for example `release y`.
    ///   - stuck: The step that runs until it is cancelled, and reports its start through `onStuck`.
    private func provider(
        failing: String? = nil, stuck: String? = nil, onStuck: AsyncStream<Void>.Continuation? = nil
    ) throws -> Provider {
        func step(_ name: StepName) -> Step {
            Step(name) { [trail] context in
                let step = "\(context.command) \(name)"
                trail.add("\(step) \(context.parameters["tag"] ?? "-")")
                if step == failing { throw StepError(kind: "broken", summary: "broken") }
                if step == stuck {
                    onStuck?.yield()
                    try await Task.sleep(for: .seconds(86_400))
                }
            }
        }
        return Provider(
            "mine", provision: [Step("make") { try $0.set(.instanceAddress, to: "10.0.0.7") }],
            release: [step("x"), step("y")], run: [step("x"), step("y")])
    }

    @discardableResult
    private func deploy(
        _ parameters: [ParameterName: String], until last: Phase = .run, from first: Phase? = nil,
        _ provider: Provider? = nil, in repository: (any EnvironmentArchive)? = nil
    ) async throws -> StoredEnvironment {
        try await DeploymentOrchestrator(
            provider: provider ?? self.provider(), repository: repository ?? self.repository
        ).deploy(name, until: last, from: first, parameters: parameters, creating: nil).stored
    }

    private func rollback(
        to serial: Int? = nil, _ provider: Provider? = nil, in repository: (any EnvironmentArchive)? = nil
    ) async throws -> DeploymentOrchestrator.Report {
        try await RollbackCommand(
            provider: provider ?? self.provider(), repository: repository ?? self.repository
        ).execute(name, release: serial)
    }

    /// Deploys `tag=v1` and then `tag=v2`, and returns the serials of both releases.
    private func deployTwice(until last: Phase = .run) async throws -> (v1: Int, v2: Int) {
        let first = try await deploy(["tag": "v1"], until: last)
        let second = try await deploy(["tag": "v2"], until: last, from: .release)
        trail.clear()
        return try (
            #require(first.document.context.completed[.release]).serial,
            #require(second.document.context.completed[.release]).serial
        )
    }

    @Test("does what was planned, and is refused when the environment has changed since")
    func executesPlan() async throws {
        _ = try await deployTwice()
        let command = RollbackCommand(provider: try provider(), repository: repository)
        let stored = try #require(try await repository.load(name))
        let plan = try await command.plan(from: stored)
        #expect(trail.all == [])
        let report = try await command.execute(plan)
        #expect(report.rollback == plan.release && report.stored.document.state == .running)
        #expect(trail.all == ["release x v1", "release y v1", "run x v1", "run y v1"])
        trail.clear()
        let error = await #expect(throws: CommandError.self) { _ = try await command.execute(plan) }
        #expect(error?.code == .staleEnvironment)
        #expect(trail.all == [])
    }

    private func refusal(
        _ code: CommandError.Code, _ body: () async throws -> Void, _ location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let before = try await repository.load(name)
        let error = await #expect(throws: CommandError.self, sourceLocation: location) { try await body() }
        #expect(error?.code == code, sourceLocation: location)
        #expect(error?.message.hasSuffix("Nothing was done.") == true, sourceLocation: location)
        #expect(try await repository.load(name) == before, sourceLocation: location)
        #expect(trail.all == [], sourceLocation: location)
        return error?.message ?? ""
    }

    @Test("of a running environment releases and runs the previous release, with the reason in the history")
    func running() async throws {
        let serials = try await deployTwice()
        let report = try await rollback()
        #expect(report.rollback == EarlierRelease(serial: serials.v1, parameters: ["tag": "v1"]))
        #expect(trail.all == ["release x v1", "release y v1", "run x v1", "run y v1"])
        #expect(report.stored.document.state == .running)
        #expect(report.stored.document.context.parameters == ["tag": "v1"])
        #expect(report.stored.document.context.rollback == nil)
        let lines = try #require(await repository.historyLines(of: name)).drop { $0.event.reason == nil }
        #expect(lines.count == 11)
        #expect(lines.allSatisfy { $0.event.reason == "rollback to release \(serials.v1) (tag=v1)" })
        #expect(try await deploy(["tag": "v1"]).serial == report.stored.serial)
    }

    @Test("ends in the typed goal: released also for a running environment, or running also for a released one")
    func typed() async throws {
        _ = try await deployTwice()
        let command = RollbackCommand(provider: try provider(), repository: repository)
        let released: Environment<Released> = try await command.execute(name, to: .released)
        #expect(released.parameters == ["tag": "v1"])
        let running: Environment<Running> = try await command.execute(name, to: .running)
        #expect(running.parameters == ["tag": "v2"])
    }

    @Test("of an environment that never ran does not run it")
    func released() async throws {
        _ = try await deployTwice(until: .release)
        #expect(try await rollback().stored.document.state == .released)
        #expect(trail.all == ["release x v1", "release y v1"])
    }

    @Test("of a rollback restores the release before that rollback")
    func twice() async throws {
        let serials = try await deployTwice()
        _ = try await rollback()
        let report = try await rollback()
        #expect(report.rollback?.serial == serials.v2)
        #expect(report.stored.document.context.parameters == ["tag": "v2"])
        #expect(report.stored.document.state == .running)
    }

    @Test("sets exactly the parameters of the earlier release, byte by byte")
    func parameters() async throws {
        let first: [ParameterName: String] = ["tag": "caf\u{E9}", "note": "a\nb='c' $d", "empty": ""]
        try await deploy(first)
        try await deploy(["tag": "cafe\u{301}", "color": "red"], from: .release)
        let after = try await rollback().stored.document.context.parameters
        #expect(after.keys.sorted() == ["empty", "note", "tag"])
        #expect(after["tag"]?.utf8.elementsEqual("caf\u{E9}".utf8) == true)
        #expect(after["note"] == first["note"])
    }

    @Test(
        "after a failed step restores the previous release, and runs it if it was running",
        arguments: ["release x", "release y", "run x", "run y"])
    func afterFailure(step: String) async throws {
        try await deploy(["tag": "v1"])
        await #expect(throws: CommandError.self) {
            try await deploy(["tag": "v2"], from: .release, provider(failing: step))
        }
        trail.clear()
        let report = try await rollback()
        #expect(report.stored.document.state == .running)
        #expect(trail.all == ["release x v1", "release y v1", "run x v1", "run y v1"])
    }

    @Test(
        "that was interrupted or failed in a step resumes with the same command, to the same release",
        arguments: ["release x", "release y", "run x", "run y"], [true, false])
    func continues(step: String, isFailure: Bool) async throws {
        let serials = try await deployTwice()
        let (stuck, continuation) = AsyncStream<Void>.makeStream()
        let broken = try isFailure ? provider(failing: step) : provider(stuck: step, onStuck: continuation)
        let task = Task { try await rollback(broken) }
        if !isFailure {
            for await _ in stuck { break }
            task.cancel()
        }
        await #expect(throws: CommandError.self) { _ = try await task.value }
        #expect(try await repository.load(name)?.document.context.rollback == Rollback(serial: serials.v1, goal: .run))
        let all = ["release x v1", "release y v1", "run x v1", "run y v1"]
        let before = trail.all
        #expect(before == all.filter { $0 <= "\(step) v1" })
        trail.clear()
        let report = try await rollback()
        #expect(report.rollback == EarlierRelease(serial: serials.v1, parameters: ["tag": "v1"]))
        #expect(trail.all == all.filter { $0 >= "\(step) v1" })
        #expect(report.stored.document.state == .running)
        #expect(report.stored.line?.event.reason == "rollback to release \(serials.v1) (tag=v1)")
    }

    @Test("that was interrupted resumes with a deployment, and is dropped when another release starts")
    func deployment() async throws {
        _ = try await deployTwice()
        await #expect(throws: CommandError.self) { _ = try await rollback(provider(failing: "release y")) }
        let stored = try await deploy([:])
        #expect(stored.document.context.parameters == ["tag": "v1"])
        #expect(stored.line?.event.reason?.hasPrefix("rollback") == true)
        await #expect(throws: CommandError.self) { _ = try await rollback(provider(failing: "release y")) }
        let next = try await deploy(["tag": "v3"])
        #expect(next.document.context.rollback == nil && next.line?.event.reason == nil)
    }

    @Test("to a serial restores that release, and does nothing when its parameters are in place")
    func serial() async throws {
        let serials = try await deployTwice()
        try await deploy(["tag": "v3"], from: .release)
        trail.clear()
        let report = try await rollback(to: serials.v1)
        #expect(report.stored.document.context.parameters == ["tag": "v1"])
        trail.clear()
        let same = try await rollback(to: serials.v1)
        #expect(!same.changed && same.rollback?.serial == serials.v1 && trail.all == [])
    }

    @Test("to a serial that is no release is refused, and the refusal names the releases")
    func noRelease() async throws {
        let serials = try await deployTwice()
        for serial in [-1, 0, 1, serials.v1 - 1, serials.v1 + 1, serials.v2 + 1, 1000] {
            let message = try await refusal(.noEarlierRelease) { _ = try await rollback(to: serial) }
            #expect(message.contains("releases are \(serials.v2) (tag=v2), \(serials.v1) (tag=v1)."), "\(message)")
        }
    }

    @Test("is refused when there is no earlier release with other parameters")
    func noEarlierRelease() async throws {
        try await deploy(["tag": "v1"], until: .configure)
        let none = try await refusal(.noEarlierRelease) { _ = try await rollback() }
        #expect(none.contains("No release of it is kept"))
        try await deploy([:])
        try await deploy([:], from: .release)
        trail.clear()
        let same = try await refusal(.noEarlierRelease) { _ = try await rollback() }
        #expect(same.contains("no earlier release with other parameters"))
    }

    @Test(
        "is refused in a state before a release",
        arguments: [(Phase.provision, "configure comes before"), (.configure, "")])
    func tooEarly(phase: Phase, saying: String) async throws {
        _ = try await deployTwice()
        try await deploy([:], until: phase, from: .provision)
        trail.clear()
        if phase == .configure {
            // A release can start from this state.
            #expect(try await rollback().stored.document.context.parameters == ["tag": "v1"])
        } else {
            #expect(try await refusal(.wrongState) { _ = try await rollback() }.contains(saying))
        }
    }

    @Test("is refused for a frozen environment, another provider's and one that is being destroyed")
    func refused() async throws {
        _ = try await deployTwice()
        let other = Provider("other", release: [Step("x")])
        _ = try await refusal(.workflowChanged) { _ = try await rollback(other) }
        _ = try await FreezeCommand(repository: repository).freeze(name, reason: "the fair goes on")
        _ = try await refusal(.frozen) { _ = try await rollback() }
        _ = try await FreezeCommand(repository: repository).unfreeze(name)
        let destroy = Provider("mine", destroy: [Step("gone") { _ in throw StepError(kind: "no", summary: "no") }])
        await #expect(throws: CommandError.self) {
            _ = try await DeploymentOrchestrator(provider: destroy, repository: repository).destroy(name)
        }
        _ = try await refusal(.destructionUnfinished) { _ = try await rollback() }
    }

    @Test("is planned without changing anything")
    func planned() async throws {
        let serials = try await deployTwice()
        let stored = try #require(await repository.load(name))
        let plan = try await RollbackCommand(provider: provider(), repository: repository).plan(from: stored)
        #expect(plan.release.serial == serials.v1)
        #expect(plan.phases.map(\.phase) == [.release, .run])
        #expect(try await repository.load(name) == stored)
        #expect(trail.all == [])
    }

    @Test("finds the release of an environment of version 1, which does not record its inputs")
    func versionOne() async throws {
        let first = try await deploy([:])
        var context = first.document.context
        context.completed = [:]
        try await repository.save(first.document.with(context))
        try await deploy(["tag": "v2"], from: .release)
        let report = try await rollback()
        #expect(report.stored.document.context.parameters == [:])
        #expect(report.stored.document.state == .running)
    }

    @Test("to a release that the log no longer contains is refused with that reason")
    func thinned() async throws {
        try await withTemporaryFolder { folder in
            let files = try FileEnvironmentRepository(
                dataFolder: folder, retention: LogRetention(fileSize: 4000, totalSize: 4000), emergencyFolder: folder)
            let first = try await deploy(["tag": "v1"], in: files)
            let second = try await deploy(["tag": "v2"], from: .release, in: files)
            let serials = try [first, second].map { try #require($0.document.context.completed[.release]).serial }
            trail.clear()
            for (serial, reason) in [
                (nil, "no earlier release with other parameters"),
                (serials[0], "the state of serial \(serials[0]) is not kept any more"),
            ] {
                let error = await #expect(throws: CommandError.self) { _ = try await rollback(to: serial, in: files) }
                #expect(error?.code == .noEarlierRelease)
                #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("Its newest releases are \(serials[1]) (tag=v2).") == true)
                #expect(error?.message.contains("Not every state is kept") == true)
                #expect(error?.message.contains("start the release again with its parameters") == true)
            }
            #expect(try await files.load(name) == second)
            #expect(trail.all == [])
        }
    }
}
