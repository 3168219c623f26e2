public import EnvironmentDomain

/// Why a step failed.
public struct StepError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A word that programs can tell failures apart by; a step can choose its own.
    public struct Kind: RawRepresentable, ExpressibleByStringLiteral, Hashable, Sendable, CustomStringConvertible {
        /// The word.
        public let rawValue: String

        /// Creates a kind from a word.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Creates a kind from a literal.
        public init(stringLiteral text: String) { rawValue = text }

        /// The word.
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
        /// The disk has no room for what the step needs.
        public static let diskFull: Kind = "disk_full"
        /// The step threw an error that is no ``StepError``.
        public static let other: Kind = "error"
    }

    /// The kind of failure.
    public let kind: Kind
    /// One line for people.
    public let summary: String
    /// Whether another attempt may help; `false` ends the step's attempts.
    public let isRetryable: Bool
    /// What to do about it, the most helpful first; stored with the failed state.
    public let suggestedActions: [SuggestedAction]

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - kind: The kind of failure; a literal makes one of your own.
    ///   - summary: One line for people.
    ///   - isRetryable: Whether another attempt may help; `false` ends the step's attempts.
    ///   - suggestedActions: What to do about it, the most helpful first. What is usual for the kind follows.
    public init(
        kind: Kind, summary: String, isRetryable: Bool = true, suggestedActions: [SuggestedAction] = []
    ) {
        self.kind = kind
        self.summary = summary
        self.isRetryable = isRetryable
        self.suggestedActions = suggestedActions
    }

    /// The summary and the kind.
    public var description: String { "\(summary) (\(kind))" }
}
