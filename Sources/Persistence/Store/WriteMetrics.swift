public import EnvironmentDomain
import OperatingSystem
import Synchronization

/// Counts the saves of a store in this process: how many were tried, how they ended and how long they took.
public final class WriteMetrics: Sendable {
    /// The counts at a moment.
    public struct Summary: Hashable, Sendable {
        public fileprivate(set) var successes = 0
        /// How often a save ended with which error.
        public fileprivate(set) var failures: [RepositoryError.Code: Int] = [:]
        /// How long the saves took, failed ones too.
        public fileprivate(set) var times = DurationHistogram()

        public var attempts: Int { failures.values.reduce(successes, +) }
        /// The part of the saves that succeeded, 0 to 1; nil before the first.
        public var successRate: Double? { attempts == 0 ? nil : Double(successes) / Double(attempts) }
    }

    private let counts = Mutex(Summary())

    /// Begins to count; for those who write a repository.
    public init() {}

    /// The counts now.
    public var summary: Summary { counts.withLock(\.self) }

    /// Counts a save that took this long and failed, or succeeded when there is no failure.
    public func count(_ failure: RepositoryError.Code?, _ time: Duration) {
        counts.withLock { counts in
            if let failure { counts.failures[failure, default: 0] += 1 } else { counts.successes += 1 }
            counts.times.add(time)
        }
    }
}

extension WriteMetrics.Summary: CustomStringConvertible {
    /// For example `4 saves: 3 succeeded, 1 failed (1 conflict); p50 0.52 ms, p95 0.61 ms, p99 0.61 ms, longest 0.61 ms`.
    public var description: String {
        var text = "\(attempts) saves: \(successes) succeeded, \(attempts - successes) failed"
        if !failures.isEmpty {
            let causes = failures.map { "\($0.value) \($0.key.rawValue)" }.sorted()
            text += " (\(causes.joined(separator: ", ")))"
        }
        let places = [("p50", 50), ("p95", 95), ("p99", 99), ("longest", 100)].compactMap { name, percent in
            times.percentile(percent).map { "\(name) \(Self.milliseconds($0))" }
        }
        return places.isEmpty ? text : "\(text); \(places.joined(separator: ", "))"
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let hundredths = Int((duration.seconds * 100_000).rounded())
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10) ms"
    }
}
