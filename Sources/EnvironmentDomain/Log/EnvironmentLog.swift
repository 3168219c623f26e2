/// The destination of log records about transitions, locks and warnings.
///
/// Each task has a handler. The default handler writes each record of ``LogLevel/info`` and above as a line of text to
/// standard error.
public enum EnvironmentLog: Sendable {
    /// A function that receives a record.
    ///
    /// It is called on the thread that logs, so it must return quickly and must not block.
    public typealias Handler = @Sendable (LogRecord) -> Void

    @TaskLocal private static var handler: Handler = { record in
        if record.level >= .info { Machine.current.writeError(record.text + "\n") }
    }

    /// Sends everything that `operation` logs, also in its child tasks, to `handler`.
    public static func withHandler<Result>(
        _ handler: @escaping Handler, operation: () async throws -> Result
    ) async rethrows -> Result {
        try await $handler.withValue(handler, operation: operation)
    }

    /// Sends everything that `operation` logs to `handler`.
    public static func withHandler<Result>(
        _ handler: @escaping Handler, operation: () throws -> Result
    ) rethrows -> Result {
        try $handler.withValue(handler, operation: operation)
    }

    /// The current task's handler, for work that moves to a thread of its own.
    package static var current: Handler { handler }

    /// Passes a record to the current task's handler.
    public static func log(_ record: LogRecord) {
        handler(record)
    }

    package static func log(_ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
        handler(LogRecord(level: level, message: message, fields: fields))
    }

    static func transition(_ context: EnvironmentContext, from: LifecycleState, to: LifecycleState) {
        log(
            .info, "environment state transition",
            [
                "environment_name": context.name.text, "instance_name": context.instanceName.text,
                "from_state": from.rawValue, "to_state": to.rawValue,
            ])
    }

    /// Logs the creation of an environment, after its first save.
    package static func creation(of environment: AnyEnvironmentState) {
        log(
            .info, "environment created",
            [
                "environment_name": environment.name.text,
                "instance_name": environment.context.instanceName.text,
                "to_state": environment.state.rawValue,
            ])
    }
}
