/// What is known of a failed step.
public struct StepFailure: Codable, Hashable, Sendable {
    public let failedStep: StepName
    /// A word that programs can tell failures apart by, for example `exit_status` or `timeout`.
    public let errorKind: String
    /// One line for people.
    public let summary: String
    public let startedAt: Timestamp
    public let failedAt: Timestamp
    public let durationMilliseconds: Int
    /// How often the step was tried, 1 or more.
    public let attempts: Int
    public let traceID: TraceID
    /// The file that holds the whole story; nil when it could not be written.
    public let traceFile: AbsolutePath?

    /// Describes a failure.
    ///
    /// - Parameter duration: what a clock that nobody sets measured from the step's start to its failure; nil to take it
    ///   from the two times, where it is never less than zero.
    public init(
        failedStep: StepName, errorKind: String, summary: String, startedAt: Timestamp, failedAt: Timestamp,
        duration: Duration? = nil, attempts: Int, traceID: TraceID, traceFile: AbsolutePath?
    ) {
        self.failedStep = failedStep
        self.errorKind = errorKind
        self.summary = summary
        self.startedAt = startedAt
        self.failedAt = failedAt
        durationMilliseconds = Int(max(.zero, duration ?? failedAt.since(startedAt)) / .milliseconds(1))
        self.attempts = attempts
        self.traceID = traceID
        self.traceFile = traceFile
    }

    enum CodingKeys: String, CodingKey {
        case failedStep = "failed_step"
        case errorKind = "error_kind"
        case summary
        case startedAt = "started_at"
        case failedAt = "failed_at"
        case durationMilliseconds = "duration_ms"
        case attempts
        case traceID = "trace_id"
        case traceFile = "trace_file"
    }
}
