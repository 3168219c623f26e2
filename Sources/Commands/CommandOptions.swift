public import EnvironmentDomain

/// The options of a command: observers, grace periods, a confirmed step, and the clock.
public struct CommandOptions: Sendable {
    /// The feed that receives progress events; `nil` for none.
    public var progress: ProgressFeed?
    /// The instrument that wraps commands and their steps; `nil` for none.
    public var instrument: (any CommandInstrument)?
    /// The switch that kills the programs of steps at once.
    public var interruption: Interruption
    /// The time between SIGINT and SIGTERM when a program is stopped.
    public var interruptGrace: Duration
    /// The time between SIGTERM and SIGKILL when a program is stopped.
    public var terminateGrace: Duration
    /// The interrupted step that may run again although it is not repeatable; `nil` for none.
    public var rerun: StepName?
    /// The clock for timeouts and for pauses between attempts; a test can use a clock that does not wait.
    public var clock: any Clock<Duration>
    /// A function that returns a random number in `0..<1` for the jitter of pauses (``RetryPolicy``).
    public var random: @Sendable () -> Double

    /// Creates options.
    ///
    /// - Parameters:
    ///   - progress: The feed that receives progress events; `nil` for none.
    ///   - instrument: The instrument that wraps commands and their steps; `nil` for none.
    ///   - interruption: The switch that kills the programs of steps at once.
    ///   - interruptGrace: The time between SIGINT and SIGTERM when a program is stopped.
    ///   - terminateGrace: The time between SIGTERM and SIGKILL when a program is stopped.
    ///   - rerun: The interrupted step that may run again although it is not repeatable; `nil` for none.
    ///   - clock: The clock for timeouts and for pauses between attempts.
    ///   - random: A function that returns a random number in `0..<1`.
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
