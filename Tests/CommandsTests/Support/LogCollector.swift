import EnvironmentDomain
import Synchronization

/// Runs `body` and returns its log records, which are not written to standard error.
func logged(_ body: () async throws -> Void) async rethrows -> [LogRecord] {
    let log = LogCollector()
    try await EnvironmentLog.withHandler({ log.add($0) }, operation: body)
    return log.all
}

final class LogCollector: Sendable {
    private let records = Mutex<[LogRecord]>([])
    func add(_ record: LogRecord) { records.withLock { $0.append(record) } }
    var all: [LogRecord] { records.withLock(\.self) }
}
