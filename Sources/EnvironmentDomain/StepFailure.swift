/// The record of a failed step, as it is stored with the environment.
public struct StepFailure: Hashable, Sendable {
    /// The step that failed.
    public let failedStep: StepName
    /// The kind of the failure as a word for programs, for example `exit_status` or `timeout`.
    public let errorKind: String
    /// A description on one line, for people.
    public let summary: String
    /// The time at which the step started.
    public let startedAt: Timestamp
    /// The time at which the last attempt failed.
    public let failedAt: Timestamp
    /// The duration of the step in milliseconds.
    public let durationMilliseconds: Int
    /// The number of attempts, 1 or more.
    public let attempts: Int
    /// The identifier of the trace file.
    public let traceID: TraceID
    /// The file with the full report of the failure; `nil` when it could not be written.
    public let traceFile: AbsolutePath?
    /// The actions that may help, the most helpful first.
    public let suggestedActions: [SuggestedAction]

    /// Creates the record of a failure.
    ///
    /// - Parameters:
    ///   - failedStep: The step that failed.
    ///   - errorKind: The kind of the failure as a word for programs, for example `exit_status`.
    ///   - summary: A description on one line, for people.
    ///   - startedAt: The time at which the step started.
    ///   - failedAt: The time at which the last attempt failed.
    ///   - duration: The duration of the step; `nil` for the time from `startedAt` to `failedAt`, which is wrong when
    ///     the clock was set in between.
    ///   - attempts: The number of attempts, 1 or more.
    ///   - traceID: The identifier of the trace file.
    ///   - traceFile: The file with the full report of the failure; `nil` when it could not be written.
    ///   - suggestedActions: The actions that may help, the most helpful first.
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
