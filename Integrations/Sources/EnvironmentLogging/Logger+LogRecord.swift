public import EnvironmentDomain
public import Logging

extension Logger {
    /// Logs a record: its level, its message, and its fields as metadata under their own names.
    ///
    /// The record's own time is not passed, since a log handler takes the time itself.
    public func log(_ record: LogRecord) {
        log(
            level: Level(record.level), "\(record.message)",
            metadata: Metadata(record.fields.map { ($0.name, "\($0.value)") }) { first, _ in first },
            source: "typed-environments")
    }
}

extension Logger.Level {
    /// The level of the same name.
    public init(_ level: LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
