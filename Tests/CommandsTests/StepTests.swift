import EnvironmentDomain
import Persistence
import Synchronization
import Testing

@testable import Commands

@Suite("A step")
struct StepTests {
    private func provision(
        _ steps: [Step], options: CommandOptions = CommandOptions(), _ repository: SpyRepository
    ) async throws -> CommandError? {
        do {
            _ = try await ProvisionCommand(provider: .test(steps), repository: repository, options: options)
                .execute(try Sample.created())
            return nil
        } catch let error as CommandError {
            return error
        }
    }

    @Test("that does not end in time is stopped and has failed")
    func timeout() async throws {
        let repository = try SpyRepository()
        let step = Step("slow") { _ in try await Task.sleep(for: .seconds(86_400)) }
            .with(timeout: .milliseconds(50))
        let error = try #require(try await provision([step], repository))
        #expect(error.failure?.errorKind == "timeout")
        #expect(error.failure?.summary == "did not end within 0.05 s and was stopped")
    }

    @Test("is retried as often as its policy says, and the attempts are counted", arguments: [0, 1, 2, 3])
    func retries(failures: Int) async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let step = Step("a") { context in
            trail.add("\(context.attempt)")
            try context.set(.instanceAddress, to: "10.0.0.7")
            if context.attempt <= failures { throw StepError(kind: "early", summary: "not yet") }
        }.with(retry: .exponential(2, from: .milliseconds(1)))
        let error = try await provision([step], repository)
        #expect(trail.all == ["1", "2", "3"].prefix(failures + 1).map(\.self))
        if failures < 3 {
            #expect(error == nil)
            let history = try await repository.memory.historyLines(of: EnvironmentName("my-env"))
            #expect(history?.count == 5)
        } else {
            #expect(error?.failure?.attempts == 3)
        }
    }

    @Test("that succeeds although it was asked to stop is completed, and the next one does not start")
    func endsWellDespiteStop() async throws {
        let repository = try SpyRepository()
        let trail = Trail()
        let stubborn = Step("a") { _ in
            trail.add("a")
            while !Task.isCancelled { await Task.yield() }
        }
        let task = Task { try await self.provision([stubborn, Step("b") { _ in trail.add("b") }], repository) }
        while trail.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let error = try #require(try await task.value)
        #expect(error.code == .interrupted)
        #expect(repository.log.suffix(2) == ["completed a", "interrupted b"])
        #expect(trail.all == ["a"])
    }

    @Test("that fails leaves a complete trace that only its owner can read")
    func trace() async throws {
        let repository = try SpyRepository()
        let step = Step("a") { context in
            context.log("before the \u{1B}[31mfall")
            throw RepositoryError(.readStateFailed, "outer", cause: StepError(kind: "inner", summary: "the root"))
        }.with(retry: .exponential(1, from: .zero))
        let error = try #require(try await provision([step], repository))
        let path = try #require(error.failure?.traceFile?.text)
        #expect(try mode(path) == 0o600)
        let text = try read(path)
        #expect(text.contains("attempt 1: outer"))
        #expect(text.contains("attempt 2: outer"))
        #expect(text.contains("caused by: the root (inner)"))
        #expect(text.contains("  before the fall\n"))
        #expect(path.contains("\(try #require(error.failure?.traceID))"))
        #expect(error.logTail == ["before the fall", "before the fall"])
    }

    @Test("reports its course to an observer, in order")
    func progress() async throws {
        let repository = try SpyRepository()
        let feed = ProgressFeed()
        let trail = Trail()
        let error = try await provision(try trail.steps("a"), options: CommandOptions(progress: feed), repository)
        #expect(error == nil)
        feed.finish()
        var events: [String] = []
        for await event in feed.events {
            switch event {
            case .commandStarted(let command, let steps, let completed):
                events.append("\(command) \(completed)/\(steps)")
            case .stepStarted(_, let step, let position, let count): events.append("\(step) \(position)/\(count)")
            case .stepEnded(let report): events.append("\(report.name) \(report.outcome)")
            case .stateChanged(let from, let to): events.append("\(from?.rawValue ?? "") > \(to)")
            case .detail, .advanced, .attemptFailed: events.append("unexpected")
            }
        }
        #expect(
            events == [
                " > created", "created > provisioning", "provision 0/1", "a 1/1", "a completed",
                "provisioning > provisioned",
            ])
    }

    @Test("is not slowed down by an observer that reads nothing")
    func deafObserver() async throws {
        let repository = try SpyRepository()
        let feed = ProgressFeed()
        let step = Step("a") { context in
            for number in 0..<20_000 { feed.report(.detail("\(number)")) }
            try context.set(.instanceAddress, to: "10.0.0.7")
        }
        #expect(try await provision([step], options: CommandOptions(progress: feed), repository) == nil)
    }
}
