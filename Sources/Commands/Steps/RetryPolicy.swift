/// How often a failed step is tried again, and after which pauses.
public struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts after the first, 0 or more.
    public let retries: Int
    /// The pause before the second attempt.
    public let delay: Duration
    private let factor: Int
    private let limit: Duration
    private let jitter: Double

    /// No step waits longer than this before an attempt.
    private static let longest = Duration.seconds(1_000_000_000)

    private init(retries: Int, delay: Duration, factor: Int, limit: Duration, jitter: Double) {
        self.retries = max(0, retries)
        self.delay = min(max(.zero, delay), Self.longest)
        self.factor = factor
        self.limit = min(max(.zero, limit), Self.longest)
        self.jitter = min(max(0, jitter), 1)
    }

    /// A single attempt.
    public static let never = constant(0, every: .zero)

    /// Returns a policy with pauses of the same length.
    ///
    /// - Parameters:
    ///   - retries: The number of attempts after the first.
    ///   - pause: The pause before each of them.
    public static func constant(_ retries: Int, every pause: Duration) -> RetryPolicy {
        RetryPolicy(retries: retries, delay: pause, factor: 1, limit: longest, jitter: 0)
    }

    /// Returns a policy with pauses each twice as long as the one before.
    ///
    /// - Parameters:
    ///   - retries: The number of attempts after the first.
    ///   - delay: The pause before the second attempt.
    ///   - limit: The longest pause.
    ///   - jitter: The part of each pause that is random, from 0 to 1: with 0.5, a pause lasts between half of its time
    ///     and all of it. It keeps steps that failed together from being tried again together.
    public static func exponential(
        _ retries: Int, from delay: Duration, upTo limit: Duration = .seconds(1_000_000_000), jitter: Double = 0
    ) -> RetryPolicy {
        RetryPolicy(retries: retries, delay: delay, factor: 2, limit: limit, jitter: jitter)
    }

    /// Returns the pause after an attempt, the first attempt being 1.
    ///
    /// - Parameter random: Returns a number from 0 up to 1, which decides about the jitter.
    func pause(after attempt: Int, random: () -> Double) -> Duration {
        var pause = delay
        for _ in 1..<max(1, attempt) where pause < limit && factor > 1 && pause > .zero { pause = pause * factor }
        pause = min(pause, limit)
        return jitter > 0 ? pause * (1 - jitter * random()) : pause
    }
}
