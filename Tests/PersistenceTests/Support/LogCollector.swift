import EnvironmentDomain
import Synchronization
import Testing

/// A collector of log records.
final class LogCollector: Sendable {
    private let kept = Mutex<[LogRecord]>([])

    var records: [LogRecord] { kept.withLock { $0 } }

    func records(_ level: LogLevel) -> [LogRecord] { records.filter { $0.level == level } }

    func collect<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await EnvironmentLog.withHandler({ record in self.kept.withLock { $0.append(record) } }, operation: body)
    }
}

/// A trait that keeps log records out of the output of the tests.
struct SilentLog: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await EnvironmentLog.withHandler({ _ in }, operation: { try await function() })
    }
}

extension Trait where Self == SilentLog {
    static var silentLog: Self { SilentLog() }
}
