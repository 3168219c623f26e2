public import EnvironmentDomain

/// One run of a command, as the history records it.
public struct RecordedRun: Hashable, Sendable {
    /// The command.
    public let command: CommandName
    /// The identifier of the run.
    public let id: CommandID
    /// The serial of the run's first save.
    public let firstSerial: Int
    /// The serial of the newest state that holds the run's progress; `nil` when no step was saved.
    public private(set) var progressSerial: Int?
    /// When the first event happened.
    let startedAt: Timestamp
    /// When the last event happened.
    private(set) var endedAt: Timestamp
    /// Why the command ran, in the words of its caller.
    private(set) var reason: String?
    /// The steps, in the order in which they started.
    public private(set) var steps: [Step] = []
    /// The state that the last transition led to.
    private(set) var state: LifecycleState?
    /// Whether an event's own save failed.
    private(set) var hasUnsavedEvent = false
    /// Whether all steps of the phase are complete, as a stored state says.
    private var isFinished = false
    private var last: HistoryEvent.Change

    /// A step of a run.
    public struct Step: Hashable, Sendable {
        /// The step's name.
        public let name: StepName
        /// When the step was started.
        public let startedAt: Timestamp
        /// When the step ended; `nil` while it runs, and when that is not known.
        public internal(set) var endedAt: Timestamp?
        /// How the step ended; `nil` while it runs, and when that is not known.
        public internal(set) var ending: StepEvent?
        /// How often the step was tried; `nil` when the state that says so is not kept.
        var attempts: Int?
    }

    /// The result of a run.
    public enum Outcome: Hashable, Sendable {
        case completed, failed, interrupted, working, unknown
    }

    init(_ event: HistoryEvent, serial: Int) {
        command = event.command
        id = event.commandID
        firstSerial = serial
        startedAt = event.at
        endedAt = event.at
        last = event.change
    }

    mutating func add(_ event: HistoryEvent, serial: Int, isSaved: Bool) {
        endedAt = max(endedAt, event.at)
        reason = reason ?? event.reason
        last = event.change
        if !isSaved { hasUnsavedEvent = true }
        switch event.change {
        case .transition(_, let to):
            state = to
            // The state of a failure still has the progress, and other states that end a run do not.
            if to.isError, isSaved { progressSerial = serial }
        case .saved: break
        case .step(let name, .started):
            steps.append(Step(name: name, startedAt: event.at))
            if isSaved { progressSerial = serial }
        case .step(let name, let ending):
            // The save of its start may have failed.
            if steps.last?.name != name || steps.last?.ending != nil {
                steps.append(Step(name: name, startedAt: event.at))
            }
            steps[steps.count - 1].endedAt = event.at
            steps[steps.count - 1].ending = ending
            if isSaved { progressSerial = serial }
        }
    }

    mutating func add(_ progress: StepProgress) {
        if progress.finishedAt != nil { isFinished = true }
        for step in progress.completed { set(step.attempts, of: step.name, startedAt: step.startedAt) }
        if let current = progress.current { set(current.attempt, of: current.name, startedAt: current.startedAt) }
    }

    mutating func add(_ failure: StepFailure) {
        guard failure.startedAt >= startedAt, steps.last?.ending == .failed else { return }
        steps[steps.count - 1].attempts = failure.attempts
    }

    /// A step that an earlier run completed is not of this run.
    private mutating func set(_ attempts: Int, of name: StepName, startedAt: Timestamp) {
        guard startedAt >= self.startedAt, let index = steps.lastIndex(where: { $0.name == name }) else { return }
        steps[index].attempts = attempts
    }

    /// Whether only the state at ``progressSerial`` says if the run completed: its last event is that of a completed step.
    public var needsState: Bool {
        if case .step(_, .completed) = last { true } else { false }
    }

    /// Returns the result of the run.
    ///
    /// - Parameter isHeld: whether the process of this run holds the environment.
    public func outcome(isHeld: Bool) -> Outcome {
        if steps.last?.ending == .failed || state?.isError == true { return .failed }
        if isHeld { return .working }
        switch last {
        case .step(_, .completed): return isFinished ? .completed : .interrupted
        case .step: return .interrupted
        case .transition(_, let to): return to.isBegun(by: command) ? .interrupted : .completed
        case .saved: return .completed
        }
    }
}

extension LifecycleState {
    /// Whether the command only begins when it comes into this state.
    fileprivate func isBegun(by command: CommandName) -> Bool {
        switch (self, command) {
        case (.provisioning, .provision), (.configuring, .configure), (.releasing, .release), (.running, .run): true
        default: false
        }
    }
}
