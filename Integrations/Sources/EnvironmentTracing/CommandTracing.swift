public import Commands
public import EnvironmentDomain
public import Tracing

/// An instrument that creates a span for each command and a child span for each of its steps.
///
/// A step runs inside its span, so that spans that the step starts become children of it. The span of a command is a
/// child of the span in which the command is called. The programs of a step receive the span's context as W3C Trace
/// Context, in the variables `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`, if the tracer supports this format.
public struct CommandTracing: CommandInstrument {
    private let tracer: (any Tracer)?

    /// Creates the instrument.
    ///
    /// - Parameter tracer: The tracer of the commands and of the steps' own spans; `nil` for that of the current task,
    ///   otherwise that of the process.
    public init(tracer: (any Tracer)? = nil) {
        self.tracer = tracer
    }

    public func withCommand(
        _ command: CommandName, of environment: EnvironmentName, run: CommandRun, _ body: () async -> CommandError?
    ) async {
        await withTracer(tracer ?? InstrumentationSystem.tracer) {
            await withSpan(command.rawValue) { span in
                span.updateAttributes { attributes in
                    attributes["environment.name"] = environment.text
                    attributes["environment.command"] = command.rawValue
                    attributes["environment.command_id"] = run.id.text
                }
                guard let error = await body() else { return }
                span.attributes["environment.error_code"] = error.code.rawValue
                span.recordError(error)
                span.setStatus(SpanStatus(code: .error, message: error.message))
            }
        }
    }

    public func withStep(
        _ step: StepName, of command: CommandName, position: Int, _ body: () async -> StepReport?
    ) async {
        await withSpan(step.text) { span in
            span.updateAttributes { attributes in
                attributes["environment.command"] = command.rawValue
                attributes["environment.step"] = step.text
                attributes["environment.step_position"] = position
            }
            let report = await StepContext.withVariables(variables(of: span.context), operation: body)
            for (index, attempt) in (report?.failedAttempts ?? []).enumerated() {
                span.addEvent(SpanEvent(attempt, number: index + 1))
            }
            span.attributes["environment.step_outcome"] = report?.outcome.rawValue ?? "not_begun"
            guard report?.outcome != .completed else { return }
            let failure = StepError(report)
            span.recordError(failure)
            span.setStatus(SpanStatus(code: .error, message: failure.summary))
        }
    }
}

extension CommandTracing {
    /// Returns the environment variables that tell a program its span.
    private func variables(of context: ServiceContext) -> [String: String] {
        var fields: [String: String] = [:]
        (tracer ?? InstrumentationSystem.tracer).inject(context, into: &fields, using: FieldInjector())
        var variables: [String: String] = [:]
        for (name, value) in fields where ["traceparent", "tracestate", "baggage"].contains(name.lowercased()) {
            variables[name.uppercased()] = value
        }
        return variables
    }
}

/// An injector that collects the fields that a tracer would send with a request.
private struct FieldInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

extension StepError {
    /// Creates the error for a step that did not complete.
    fileprivate init(_ report: StepReport?) {
        switch report?.outcome {
        case .failed:
            let kind = report?.failedAttempts.last.map { Kind(rawValue: $0.kind) } ?? .other
            self.init(kind: kind, summary: report?.summary ?? "failed")
        case .interrupted: self.init(kind: "interrupted", summary: report?.summary ?? "stopped")
        case .completed, nil:
            self.init(kind: "not_begun", summary: "could not be begun, or the right to change the environment was lost")
        }
    }
}

extension SpanEvent {
    fileprivate init(_ attempt: FailedAttempt, number: Int) {
        let time = UInt64(clamping: attempt.failedAt.millisecondsSince1970) * 1_000_000
        self.init(
            name: "attempt failed", at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: time),
            attributes: [
                "attempt": .int64(Int64(number)), "error_kind": .string(attempt.kind),
                "error_summary": .string(attempt.summary),
            ])
    }
}
