/// Why a step failed.
public struct StepError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A word that programs can tell failures apart by, for example `exit_status` or `timeout`.
    public let kind: String
    /// One line for people.
    public let summary: String
    /// Whether another attempt may help; `false` ends the step's attempts.
    public let isRetryable: Bool

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - kind: A word that programs can tell failures apart by.
    ///   - summary: One line for people.
    ///   - isRetryable: Whether another attempt may help; `false` ends the step's attempts.
    public init(kind: String, summary: String, isRetryable: Bool = true) {
        self.kind = kind
        self.summary = summary
        self.isRetryable = isRetryable
    }

    public var description: String { "\(summary) (\(kind))" }
}
