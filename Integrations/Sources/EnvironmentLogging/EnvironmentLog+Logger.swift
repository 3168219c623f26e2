public import EnvironmentDomain
public import Logging

extension EnvironmentLog {
    /// Sends everything that `operation` logs, in all its child tasks, to a logger.
    ///
    /// The logger's level decides what is shown: transitions are `info`, lock events `debug` and up.
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
