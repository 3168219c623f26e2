/// A policy for retrying a failed step: the number of retries and the pauses before them.
public struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts after the first one; 0 or more.
    public let retries: Int
    /// The pause before the second attempt.
    public let delay: Duration
    private let factor: Int
    private let limit: Duration
    private let jitter: Double

    /// The upper limit for every pause.
    private static let longest = Duration.seconds(1_000_000_000)

    private init(retries: Int, delay: Duration, factor: Int, limit: Duration, jitter: Double) {
        self.retries = max(0, retries)
        self.delay = min(max(.zero, delay), Self.longest)
        self.factor = factor
        self.limit = min(max(.zero, limit), Self.longest)
        self.jitter = min(max(0, jitter), 1)
    }

    /// A policy with a single attempt.
    public static let never = constant(0, every: .zero)

    /// Returns a policy with pauses of the same length.
    ///
    /// - Parameters:
    ///   - retries: The number of attempts after the first one.
    ///   - pause: The pause before each of these attempts.
    public static func constant(_ retries: Int, every pause: Duration) -> RetryPolicy {
        RetryPolicy(retries: retries, delay: pause, factor: 1, limit: longest, jitter: 0)
    }

    /// Returns a policy in which each pause is twice as long as the one before it.
    ///
    /// - Parameters:
    ///   - retries: The number of attempts after the first one.
    ///   - delay: The pause before the second attempt.
    ///   - limit: The longest pause.
    ///   - jitter: The random part of each pause, from 0 to 1. With 0.5, a pause lasts between half its time and its
    ///     whole time. Jitter keeps steps that failed together from being tried again together.
    public static func exponential(
        _ retries: Int, from delay: Duration, upTo limit: Duration = .seconds(1_000_000_000), jitter: Double = 0
    ) -> RetryPolicy {
        RetryPolicy(retries: retries, delay: delay, factor: 2, limit: limit, jitter: jitter)
    }

    /// Returns the pause after a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt, from 1.
    ///   - random: Returns a random number in `0..<1` for the jitter.
    func pause(after attempt: Int, random: () -> Double) -> Duration {
        var pause = delay
        for _ in 1..<max(1, attempt) where pause < limit && factor > 1 && pause > .zero { pause = pause * factor }
        pause = min(pause, limit)
        return jitter > 0 ? pause * (1 - jitter * random()) : pause
    }
}
