public import EnvironmentDomain

/// What was read of one environment, for its part of the page.
public struct ReportedEnvironment: Sendable {
    /// The environment's name.
    public let name: EnvironmentName
    /// What is stored, and whether it is the newest.
    public let standing: EnvironmentStanding
    /// The process that holds the environment; `nil` for none.
    public var holder: LeaseHolder?
    /// What is known of that process, in one word.
    public var holderCondition: String?
    /// When the environment came into its state, or the unfinished command began.
    public var since: Timestamp?
    /// Whether a command was begun that no process continues.
    public var isInterrupted = false
    /// The environment's folder on this machine.
    public var folder: String?
    /// What the commands did; `nil` when the history cannot be read.
    public var history: RunHistory?
    /// The last lines that the failed or unfinished step printed.
    public var log: Excerpt?
    /// The trace of the failure.
    public var trace: Excerpt?
    /// What to do about the failure.
    public var advice: [String] = []
    /// What the last command changed.
    public var changes: StateChanges?
    /// What could not be read, one sentence each.
    public var complaints: [String] = []
    /// The command line that leads on; `nil` when there is nothing left to do.
    public var next: String?
    /// The command line that prints the whole history.
    public var wholeHistory: String?

    /// Describes an environment of which nothing but the standing is known yet.
    public init(name: EnvironmentName, standing: EnvironmentStanding) {
        self.name = name
        self.standing = standing
    }

    /// The stored state; `nil` when it cannot be known.
    var document: AnyEnvironmentState? { standing.stored?.document }
}
