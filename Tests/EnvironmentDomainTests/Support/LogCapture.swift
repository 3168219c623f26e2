import EnvironmentDomain
import Synchronization
import Testing

/// A collector of log records.
final class LogCapture: Sendable {
    private let kept = Mutex<[LogRecord]>([])

    var records: [LogRecord] { kept.withLock { $0 } }

    func take(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}

/// A trait that keeps a test's log records out of standard error.
struct QuietLog: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await EnvironmentLog.withHandler({ _ in }, operation: { try await function() })
    }
}

extension Trait where Self == QuietLog {
    static var quietLog: QuietLog { QuietLog() }
}
