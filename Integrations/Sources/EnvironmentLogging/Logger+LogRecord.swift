public import EnvironmentDomain
public import Logging

extension Logger {
    /// Logs a record with its level, its message, and its fields as metadata with the same names.
    ///
    /// The record's time is not passed on, because a log handler reads the time itself.
    public func log(_ record: LogRecord) {
        log(
            level: Level(record.level), "\(record.message)",
            metadata: Metadata(record.fields.map { ($0.name, "\($0.value)") }) { first, _ in first },
            source: "typed-environments")
    }
}

extension Logger.Level {
    /// Creates the level with the same name.
    public init(_ level: LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
