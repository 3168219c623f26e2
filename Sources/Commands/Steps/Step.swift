public import EnvironmentDomain

/// One named piece of a command's work.
///
/// A step may be run again after it was interrupted or failed, so it should be idempotent; a step that is not says so
/// with ``isRepeatable``. It ends soon after its task is cancelled, and throws what went wrong, a ``StepError`` for
/// choice.
public protocol Step: Sendable {
    /// The step's name, unique among the command's steps.
    var name: StepName { get }
    /// How long one attempt may take.
    var timeout: Duration { get }
    /// How often it is tried again after a failure, and after which pauses.
    var retry: RetryPolicy { get }
    /// False for a step that must not be run again after an interruption without a person's word.
    var isRepeatable: Bool { get }

    /// Does the work.
    func run(_ context: StepContext) async throws
}

extension Step {
    /// 600 seconds.
    public var timeout: Duration { .seconds(600) }
    public var retry: RetryPolicy { .never }
    public var isRepeatable: Bool { true }
}

/// How often a failed step is tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts after the first, 0 or more.
    public let retries: Int
    /// The pause before the second attempt; each later one is twice as long as the one before.
    public let delay: Duration

    public init(retries: Int, delay: Duration = .seconds(1)) {
        self.retries = max(0, retries)
        self.delay = delay
    }

    public static let never = RetryPolicy(retries: 0)

    /// The pause after an attempt, the first attempt being 1.
    func pause(after attempt: Int) -> Duration { delay * (1 << min(attempt - 1, 20)) }
}

/// Why a step failed.
public struct StepError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A word that programs can tell failures apart by; a step can choose its own.
    public struct Kind: RawRepresentable, ExpressibleByStringLiteral, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral text: String) { rawValue = text }

        public var description: String { rawValue }

        /// A program ended with another status than 0.
        public static let exitStatus: Kind = "exit_status"
        /// A signal ended a program.
        public static let signal: Kind = "signal"
        /// A program could not be started.
        public static let notStarted: Kind = "not_started"
        /// A program is not there.
        public static let toolMissing: Kind = "tool_missing"
        /// The step took longer than its timeout.
        public static let timeout: Kind = "timeout"
        /// A program of the step was stopped, as by a question to a terminal.
        public static let processStopped: Kind = "process_stopped"
        /// The step set an output that cannot be stored.
        public static let invalidOutput: Kind = "invalid_output"
        /// The step's file of outputs is gone.
        public static let outputsRemoved: Kind = "outputs_removed"
        /// The step threw an error that is no ``StepError``.
        public static let other: Kind = "error"
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// One line for people.
    public let summary: String

    public init(kind: Kind, summary: String) {
        self.kind = kind
        self.summary = summary
    }

    public var description: String { "\(summary) (\(kind))" }
}
