import Commands
import EnvironmentDomain
import Persistence
import Synchronization
import Testing

@Suite("The steps of the shop")
struct PublishStepTests {
    private static let publish = Step("publish") { step in
        step.log("publishing \(step.parameters["tag"] ?? "none")")
        try step.set("published", to: "yes")
        try await step.run("sh", "-c", "echo \"copied $PARAM_TAG to $OUTPUT_FOLDER\"; echo lines=3 >> $OUTPUTS")
    }

    @Test("publish sets its outputs and logs what it does")
    func publishes() async throws {
        let context = try StepContext.testing(
            "publish", outputs: ["folder": "/srv/www"], parameters: ["tag": "v1"], phase: .release)
        try await Self.publish.run(context)
        #expect(try context.writtenOutputs() == ["published": "yes", "lines": "3"])
        #expect(context.loggedLines == ["publishing v1", "copied v1 to /srv/www"])
    }

    @Test("a program that fails is a StepError with the kind exit_status")
    func fails() async throws {
        let error = await #expect(throws: StepError.self) {
            try await Step("check") { try await $0.run("false") }.run(StepContext.testing())
        }
        #expect(error?.kind == "exit_status")
    }

    /// Deploys with one step that always fails, and returns its failure.
    private func failure(of step: Step, clock: SkippingClock) async throws -> StepFailure {
        let orchestrator = try DeploymentOrchestrator(
            provider: Provider("shop", provision: [step]), repository: InMemoryEnvironmentRepository(),
            options: CommandOptions(clock: clock, random: { 0.5 }))
        let error = await EnvironmentLog.withHandler({ _ in }) {
            await #expect(throws: CommandError.self) {
                _ = try await orchestrator.deploy("my-env", to: .provisioned)
            }
        }
        return try #require(error?.failure)
    }

    @Test("four attempts pause 30, 60 and 75 seconds, which take no time")
    func retries() async throws {
        let clock = SkippingClock()
        let policy = RetryPolicy.exponential(3, from: .seconds(40), upTo: .seconds(100), jitter: 0.5)
        let step = Step("create", retry: policy) { _ in throw StepError(kind: "early", summary: "not yet") }
        let failure = try await failure(of: step, clock: clock)
        #expect(failure.attempts == 4 && failure.errorKind == "early")
        #expect(clock.sleeps == [.seconds(30), .seconds(60), .seconds(75)])
    }

    @Test("a timeout of ten minutes takes no time")
    func timesOut() async throws {
        let step = Step("wait") { _ in try await Task.sleep(for: .seconds(86_400)) }
        let failure = try await failure(of: step, clock: SkippingClock(skipping: .seconds(600)))
        #expect(failure.errorKind == "timeout")
    }
}

/// A clock whose short sleeps end at once and move its time forward, and whose longer ones last until they are cancelled.
private final class SkippingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let limit: Duration
    private let state = Mutex((now: Instant(offset: .zero), sleeps: [Duration]()))

    /// - Parameter limit: The longest sleep that ends at once.
    init(skipping limit: Duration = .seconds(120)) { self.limit = limit }

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .zero }
    /// The sleeps that ended at once.
    var sleeps: [Duration] { state.withLock(\.sleeps) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let isSkipped = state.withLock { state in
            let duration = state.now.duration(to: deadline)
            guard duration <= limit else { return false }
            state.now = max(state.now, deadline)
            state.sleeps.append(duration)
            return true
        }
        if !isSkipped { try await Task.sleep(for: .seconds(86_400)) }
    }
}
