import Commands
import EnvironmentDomain
import EnvironmentTracing
import Foundation
import InMemoryTracing
import IntegrationTestSupport
import Persistence
import Testing
import Tracing

@Suite("Spans of commands")
struct CommandTracingTests {
    private let tracer = InMemoryTracer()

    private func provision(
        _ steps: [Step], _ repository: any EnvironmentRepository, interruption: Interruption = Interruption()
    ) async throws -> CommandError? {
        let options = CommandOptions(instrument: CommandTracing(tracer: tracer), interruption: interruption)
        return try await EnvironmentLog.withHandler({ _ in }) {
            try await commandError {
                _ = try await ProvisionCommand(provider: .test(steps), repository: repository, options: options)
                    .execute(try .sample())
            }
        }
    }

    private func span(_ name: String) throws -> FinishedInMemorySpan {
        let spans = tracer.finishedSpans.filter { $0.operationName == name }
        #expect(spans.count == 1)
        return try #require(spans.first)
    }

    @Test("a provision with a failing step: a span a step below the command's, the error in both, an event an attempt")
    func failure() async throws {
        let repository = try InMemoryEnvironmentRepository()
        let steps: [Step] = [
            Step.settingAddress(), Step.failing("wait", times: 2, retries: 1),
        ]
        let error = try #require(try await provision(steps, repository))
        #expect(tracer.activeSpans.isEmpty)
        #expect(tracer.finishedSpans.map(\.operationName) == ["create_instance", "wait", "provision"])

        let command = try span("provision")
        #expect(command.parentSpanID == nil)
        #expect(command.attributes.get("environment.name") == .string("my-env"))
        #expect(command.attributes.get("environment.error_code") == .string("step_failed"))
        #expect(command.status == SpanStatus(code: .error, message: error.message))
        #expect(command.errors.compactMap { ($0.error as? CommandError)?.code } == [.stepFailed])
        let history = try await repository.historyLines(of: EnvironmentName("my-env"))
        #expect(
            command.attributes.get("environment.command_id")
                == history?.last.map { .string($0.event.commandID.text) })

        let good = try span("create_instance")
        #expect(good.parentSpanID == command.spanID)
        #expect(good.errors.isEmpty && good.status == nil && good.events.isEmpty)
        #expect(good.attributes.get("environment.step_position") == .int64(1))

        let failed = try span("wait")
        #expect(failed.parentSpanID == command.spanID)
        #expect(failed.attributes.get("environment.step_outcome") == .string("failed"))
        #expect(
            failed.errors.map { $0.error as? StepError } == [
                StepError(kind: "not_ready", summary: "attempt 2 was too early")
            ])
        #expect(failed.status?.code == .error)
        #expect(failed.events.map(\.name) == ["attempt failed", "attempt failed"])
        #expect(failed.events.map { $0.attributes.get("attempt") } == [.int64(1), .int64(2)])
        #expect(
            failed.events.map { $0.attributes.get("error_summary") }
                == [.string("attempt 1 was too early"), .string("attempt 2 was too early")])
        // The times of attempts are whole milliseconds.
        let started = failed.startInstant.millisecondsSinceEpoch
        #expect(failed.events.allSatisfy { $0.millisecondsSinceEpoch >= started })
        #expect(failed.events.allSatisfy { $0.millisecondsSinceEpoch <= failed.endInstant.millisecondsSinceEpoch })
    }

    @Test("a span that a step starts itself is a child of the step's, and the caller's span is the command's parent")
    func context() async throws {
        let step = Step("create_instance") { context in
            try withSpan("call the cloud") { _ in try context.set(.instanceAddress, to: "10.0.0.7") }
        }
        try await tracer.withSpan("my job") { _ in
            let error = try await provision([step], try InMemoryEnvironmentRepository())
            #expect(error == nil)
        }
        #expect(try span("call the cloud").parentSpanID == span("create_instance").spanID)
        #expect(try span("create_instance").parentSpanID == span("provision").spanID)
        #expect(try span("provision").parentSpanID == span("my job").spanID)
    }

    @Test("a command that waits for a lock in vain has a span with that error")
    func refusal() async throws {
        let repository = try InMemoryEnvironmentRepository(lockTimeout: .milliseconds(20))
        let error = try await repository.withLease(EnvironmentName("my-env"), for: .configure) { _ in
            try await provision([Step.settingAddress()], repository)
        }
        #expect(error?.failedSave?.code == .lockAcquisitionFailed)
        #expect(tracer.finishedSpans.map(\.operationName) == ["provision"])
        #expect(try span("provision").errors.count == 1)
    }

    @Test("a step that was stopped ends its span with that")
    func interrupted() async throws {
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        let step = Step("create_instance") { _ in
            continuation.finish()
            try await Task.sleep(for: .seconds(86_400))
        }
        let repository = try InMemoryEnvironmentRepository()
        let task = Task { try await provision([step], repository) }
        for await _ in started {}
        task.cancel()
        #expect(try await task.value?.code == .interrupted)
        #expect(try span("create_instance").attributes.get("environment.step_outcome") == .string("interrupted"))
        #expect(try span("create_instance").errors.map { ($0.error as? StepError)?.kind } == ["interrupted"])
        #expect(try span("provision").attributes.get("environment.error_code") == .string("interrupted"))
    }

    @Test("without a tracer of its own it uses the one of the task")
    func taskTracer() async throws {
        let repository = try InMemoryEnvironmentRepository()
        let steps: [Step] = [Step.settingAddress()]
        try await withTracer(tracer) {
            try await EnvironmentLog.withHandler({ _ in }) {
                let options = CommandOptions(instrument: CommandTracing())
                _ = try await ProvisionCommand(provider: .test(steps), repository: repository, options: options)
                    .execute(try .sample())
            }
        }
        #expect(tracer.finishedSpans.map(\.operationName) == ["create_instance", "provision"])
    }

    @Test("a program of a step gets the context of the step's span, and none without a tracer that knows W3C's form")
    func programs() async throws {
        let repository = try InMemoryEnvironmentRepository()
        let (outputs, output) = AsyncStream.makeStream(of: String.self)
        let step = Step("create_instance") { context in
            let execution = try await context.run("/bin/sh", "-c", "echo \"${TRACEPARENT-none} ${TRACESTATE-none}\"")
            output.yield(execution.output.trimmingCharacters(in: .newlines))
            try context.set(.instanceAddress, to: "10.0.0.7")
        }
        for (tracer, name) in [(W3CTracer(base: tracer) as any Tracer, "my-env"), (self.tracer, "other")] {
            let options = CommandOptions(instrument: CommandTracing(tracer: tracer))
            try await EnvironmentLog.withHandler({ _ in }) {
                _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                    .execute(try .sample(name))
            }
        }
        let own = try #require(tracer.finishedSpans.first { $0.operationName == "create_instance" })
        output.finish()
        let printed = await outputs.reduce(into: []) { $0.append($1) }
        #expect(printed == ["00-\(own.traceID)-\(own.spanID)-01 none", "none none"])
    }
}

/// A tracer that sends its context as W3C Trace Context says, apart from the form of the identifiers.
private struct W3CTracer: Tracer {
    let base: InMemoryTracer

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> InMemorySpan {
        base.startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID, line: line
        )
    }

    func forceFlush() { base.forceFlush() }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.inMemorySpanContext else { return }
        injector.inject("00-\(span.traceID)-\(span.spanID)-01", forKey: "traceparent", into: &carrier)
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {}
}
