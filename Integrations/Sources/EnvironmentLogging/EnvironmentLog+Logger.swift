public import EnvironmentDomain
public import Logging

extension EnvironmentLog {
    /// Sends everything that `operation` logs, also in its child tasks, to a logger.
    ///
    /// The logger's level decides which records are shown: transitions are `info`, and lock events are `debug` or
    /// higher.
    public static func withLogger<Result>(
        _ logger: Logger, operation: () async throws -> Result
    ) async rethrows -> Result {
        try await withHandler({ logger.log($0) }, operation: operation)
    }

    /// Sends everything that `operation` logs to a logger.
    public static func withLogger<Result>(
        _ logger: Logger, operation: () throws -> Result
    ) rethrows -> Result {
        try withHandler({ logger.log($0) }, operation: operation)
    }
}
