/// Where transitions, lock events and warnings are logged: a handler for the current task, by default a line of text on
/// standard error for everything from ``LogLevel/info`` up.
public enum EnvironmentLog: Sendable {
    /// Takes a record; called on whatever thread it comes from, so it must be quick and may not block.
    public typealias Handler = @Sendable (LogRecord) -> Void

    @TaskLocal private static var handler: Handler = { record in
        if record.level >= .info { Machine.current.writeError(record.text + "\n") }
    }

    /// Sends everything that `operation` logs, in all its child tasks, to `handler`.
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

    /// The current handler, for work on a thread of its own.
    package static var current: Handler { handler }

    /// Hands a record to the current handler.
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

    /// Logs that an environment of which nothing was stored before is stored now.
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
