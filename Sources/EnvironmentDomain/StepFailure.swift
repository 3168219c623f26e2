/// What is known of a failed step.
public struct StepFailure: Hashable, Sendable {
    /// The step that failed.
    public let failedStep: StepName
    /// A word that programs can tell failures apart by, for example `exit_status` or `timeout`.
    public let errorKind: String
    /// One line for people.
    public let summary: String
    /// When the step started.
    public let startedAt: Timestamp
    /// When the last attempt failed.
    public let failedAt: Timestamp
    /// How long the step took (milliseconds).
    public let durationMilliseconds: Int
    /// How often the step was tried, 1 or more.
    public let attempts: Int
    /// The identifier of the trace file.
    public let traceID: TraceID
    /// The file that holds the whole story; `nil` when it could not be written.
    public let traceFile: AbsolutePath?
    /// What to do about it, the most helpful first.
    public let suggestedActions: [SuggestedAction]

    /// Creates the record of a failure.
    ///
    /// - Parameters:
    ///   - failedStep: The step that failed.
    ///   - errorKind: A word that programs can tell failures apart by, for example `exit_status`.
    ///   - summary: One line for people.
    ///   - startedAt: When the step started.
    ///   - failedAt: When the last attempt failed.
    ///   - duration: How long the step took; `nil` for the time between the two, which a clock that was set back makes
    ///     too short.
    ///   - attempts: How often the step was tried, 1 or more.
    ///   - traceID: The identifier of the trace file.
    ///   - traceFile: The file that holds the whole story; `nil` when it could not be written.
    ///   - suggestedActions: What to do about it, the most helpful first.
    public init(
        failedStep: StepName, errorKind: String, summary: String, startedAt: Timestamp, failedAt: Timestamp,
        duration: Duration? = nil, attempts: Int, traceID: TraceID, traceFile: AbsolutePath?,
        suggestedActions: [SuggestedAction] = []
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
        self.suggestedActions = suggestedActions
    }
}

extension StepFailure: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(attempts, as: "attempts")
        try members.write(durationMilliseconds, as: "duration_ms")
        try members.write(errorKind, as: "error_kind")
        try members.write(failedAt, as: "failed_at")
        try members.write(failedStep, as: "failed_step")
        try members.write(startedAt, as: "started_at")
        if !suggestedActions.isEmpty { try members.write(suggestedActions, as: "suggested_actions") }
        try members.write(summary, as: "summary")
        try members.writeIfPresent(traceFile, as: "trace_file")
        try members.write(traceID, as: "trace_id")
    }

    public init(stored members: StoredMemberReader) throws {
        attempts = try members.required("attempts")
        durationMilliseconds = try members.required("duration_ms")
        errorKind = try members.required("error_kind")
        failedAt = try members.required("failed_at")
        failedStep = try members.required("failed_step")
        startedAt = try members.required("started_at")
        suggestedActions = try members.optional("suggested_actions") ?? []
        summary = try members.required("summary")
        traceFile = try members.optional("trace_file")
        traceID = try members.required("trace_id")
    }
}
