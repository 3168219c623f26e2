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

    public init(
        progress: ProgressFeed? = nil, instrument: (any CommandInstrument)? = nil,
        interruption: Interruption = Interruption(), interruptGrace: Duration = .seconds(10),
        terminateGrace: Duration = .seconds(5), rerun: StepName? = nil
    ) {
        self.progress = progress
        self.instrument = instrument
        self.interruption = interruption
        self.interruptGrace = interruptGrace
        self.terminateGrace = terminateGrace
        self.rerun = rerun
    }
}
