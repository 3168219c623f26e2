public import EnvironmentDomain

/// The error of a step: a kind for programs and a summary for people.
public struct StepError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs; a step can define its own kinds.
    public struct Kind: RawRepresentable, ExpressibleByStringLiteral, Hashable, Sendable, CustomStringConvertible {
        /// The kind's stable name, for example `exit_status`.
        public let rawValue: String

        /// Creates a kind from its name.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Creates a kind from a literal.
        public init(stringLiteral text: String) { rawValue = text }

        /// The kind's stable name, for example `exit_status`.
        public var description: String { rawValue }

        /// A program exited with a status other than 0.
        public static let exitStatus: Kind = "exit_status"
        /// A signal ended a program.
        public static let signal: Kind = "signal"
        /// A program could not be started.
        public static let notStarted: Kind = "not_started"
        /// A program is not installed, or is not executable.
        public static let toolMissing: Kind = "tool_missing"
        /// The step took longer than its timeout.
        public static let timeout: Kind = "timeout"
        /// A signal stopped a program of the step, for example because it asked a question at a terminal.
        public static let processStopped: Kind = "process_stopped"
        /// The step set an output that cannot be stored.
        public static let invalidOutput: Kind = "invalid_output"
        /// The step's file `$OUTPUTS` was removed while the step ran.
        public static let outputsRemoved: Kind = "outputs_removed"
        /// The disk is full.
        public static let diskFull: Kind = "disk_full"
        /// The step threw an error other than a ``StepError``.
        public static let other: Kind = "error"
    }

    /// The kind of failure.
    public let kind: Kind
    /// A one-line description for people.
    public let summary: String
    /// Whether another attempt may help; `false` ends the step's attempts.
    public let isRetryable: Bool
    /// The suggested actions, the most helpful first; they are stored with the failed state.
    public let suggestedActions: [SuggestedAction]

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - kind: The kind of failure; use a literal to define your own kind.
    ///   - summary: A one-line description for people.
    ///   - isRetryable: Whether another attempt may help; `false` ends the step's attempts.
    ///   - suggestedActions: The suggested actions, the most helpful first. The usual actions for the kind are added.
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
