public import EnvironmentDomain
import Synchronization

/// Counts the saves of a store in this process: how many were tried, how they ended and how long they took.
public final class WriteMetrics: Sendable {
    /// The counts at a moment.
    public struct Summary: Hashable, Sendable {
        public fileprivate(set) var successes = 0
        /// How often a save ended with which error.
        public fileprivate(set) var failures: [RepositoryError.Code: Int] = [:]
        /// The time of all saves together, failed ones too.
        public fileprivate(set) var totalTime: Duration = .zero
        /// The time of the quickest save; nil before the first.
        public fileprivate(set) var shortest: Duration?
        /// The time of the slowest save; nil before the first.
        public fileprivate(set) var longest: Duration?

        public var attempts: Int { failures.values.reduce(successes, +) }
        /// The part of the saves that succeeded, 0 to 1; nil before the first.
        public var successRate: Double? { attempts == 0 ? nil : Double(successes) / Double(attempts) }
        /// The mean time of a save; nil before the first.
        public var mean: Duration? { attempts == 0 ? nil : totalTime / attempts }
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
            counts.totalTime += time
            counts.shortest = min(counts.shortest ?? time, time)
            counts.longest = max(counts.longest ?? time, time)
        }
    }
}
