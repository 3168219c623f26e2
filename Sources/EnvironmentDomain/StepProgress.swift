/// The identity of one run of a command, which its saves, log files and history lines carry.
public struct CommandRun: Hashable, Sendable {
    public let id: CommandID
    public let startedAt: Timestamp

    public init(id: CommandID = .random(), startedAt: Timestamp = .now()) {
        self.id = id
        self.startedAt = startedAt
    }
}

/// The progress of a command's steps.
public struct StepProgress: Hashable, Sendable {
    /// The run that made the newest change.
    public private(set) var commandID: CommandID
    /// The time at which the first run started.
    public let startedAt: Timestamp
    /// The completed steps in their order; they are not run again.
    public private(set) var completed: [CompletedStep]
    /// The step that runs, or that ran when the command was interrupted; `nil` for none.
    public private(set) var current: CurrentStep?
    /// The time at which all steps were complete; `nil` before.
    ///
    /// Only ``Running`` stays in progress after that.
    public private(set) var finishedAt: Timestamp?

    /// Creates the progress of a command that is about to start.
    public init(command: CommandRun) {
        commandID = command.id
        startedAt = command.startedAt
        completed = []
    }

    /// Returns the same progress, resumed by another run.
    package func continued(by command: CommandRun) -> StepProgress {
        var next = self
        next.commandID = command.id
        return next
    }

    /// Returns the same progress without a current step and not finished.
    package func stopped() -> StepProgress {
        var next = self
        next.current = nil
        next.finishedAt = nil
        return next
    }

    /// Returns the same progress with a completed step and all steps after it no longer completed.
    package func returned(to step: StepName) -> StepProgress {
        guard let index = completed.firstIndex(where: { $0.name == step }) else { return self }
        var next = stopped()
        next.completed = Array(completed[..<index])
        return next
    }

    package mutating func start(_ name: StepName, at time: Timestamp) {
        let before = current.flatMap { $0.name == name ? $0.attempt : nil } ?? 0
        current = CurrentStep(name: name, startedAt: time, attempt: before + 1)
    }

    package mutating func complete(
        _ name: StepName, startedAt: Timestamp, at time: Timestamp, attempts: Int, digest: Checksum? = nil
    ) {
        completed.append(
            CompletedStep(name: name, startedAt: startedAt, finishedAt: time, attempts: attempts, digest: digest))
        current = nil
    }

    package mutating func finish(at time: Timestamp) { finishedAt = time }
}

extension StepProgress: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(commandID, as: "command_id")
        try members.write(completed, as: "completed")
        try members.writeIfPresent(current, as: "current")
        try members.writeIfPresent(finishedAt, as: "finished_at")
        try members.write(startedAt, as: "started_at")
    }

    public init(stored members: StoredMemberReader) throws {
        commandID = try members.required("command_id")
        completed = try members.required("completed")
        current = try members.optional("current")
        finishedAt = try members.optional("finished_at")
        startedAt = try members.required("started_at")
    }
}

/// A step that was completed.
public struct CompletedStep: Hashable, Sendable {
    public let name: StepName
    public let startedAt: Timestamp
    public let finishedAt: Timestamp
    /// The number of attempts in the run that completed the step, 1 or more.
    public let attempts: Int
    /// The checksum of the step as it was run; nil for a step that has none.
    public let digest: Checksum?
}

extension CompletedStep: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(attempts, as: "attempts")
        try members.writeIfPresent(digest, as: "digest")
        try members.write(finishedAt, as: "finished_at")
        try members.write(name, as: "name")
        try members.write(startedAt, as: "started_at")
    }

    public init(stored members: StoredMemberReader) throws {
        attempts = try members.required("attempts")
        digest = try members.optional("digest")
        finishedAt = try members.required("finished_at")
        name = try members.required("name")
        startedAt = try members.required("started_at")
    }
}

/// A step that has started.
public struct CurrentStep: Hashable, Sendable {
    public let name: StepName
    public let startedAt: Timestamp
    /// The number of starts, those of interrupted runs included; 1 or more.
    public let attempt: Int
}

extension CurrentStep: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(attempt, as: "attempt")
        try members.write(name, as: "name")
        try members.write(startedAt, as: "started_at")
    }

    public init(stored members: StoredMemberReader) throws {
        attempt = try members.required("attempt")
        name = try members.required("name")
        startedAt = try members.required("started_at")
    }
}
