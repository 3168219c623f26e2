public import EnvironmentDomain

/// What a caller may want of a command beyond its work.
public struct CommandOptions: Sendable {
    /// Receives what happens.
    public var progress: ProgressFeed?
    /// Runs around commands and their steps.
    public var instrument: (any CommandInstrument)?
    /// Ends running programs at once when asked to.
    public var interruption: Interruption
    /// How long a program has after SIGINT before it gets SIGTERM.
    public var interruptGrace: Duration
    /// How long a program has after SIGTERM before it gets SIGKILL.
    public var terminateGrace: Duration
    /// A step that may be run again although it is marked as not repeatable.
    public var rerun: StepName?
    /// Measures timeouts and pauses between attempts; a test's own clock lets them take no time.
    public var clock: any Clock<Duration>
    /// Returns a number from 0 up to 1, which decides about the jitter of pauses (``RetryPolicy``).
    public var random: @Sendable () -> Double

    /// Creates options.
    ///
    /// - Parameters:
    ///   - progress: Receives what happens.
    ///   - instrument: Runs around commands and their steps.
    ///   - interruption: Ends running programs at once when asked to.
    ///   - interruptGrace: How long a program has after SIGINT before it gets SIGTERM.
    ///   - terminateGrace: How long a program has after SIGTERM before it gets SIGKILL.
    ///   - rerun: A step that may be run again although it is marked as not repeatable.
    ///   - clock: Measures timeouts and pauses between attempts.
    ///   - random: Returns a number from 0 up to 1.
    public init(
        progress: ProgressFeed? = nil, instrument: (any CommandInstrument)? = nil,
        interruption: Interruption = Interruption(), interruptGrace: Duration = .seconds(10),
        terminateGrace: Duration = .seconds(5), rerun: StepName? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.progress = progress
        self.instrument = instrument
        self.interruption = interruption
        self.interruptGrace = interruptGrace
        self.terminateGrace = terminateGrace
        self.rerun = rerun
        self.clock = clock
        self.random = random
    }
}
