public import EnvironmentDomain

/// Something that an observer of a command may want to show.
public enum ProgressEvent: Hashable, Sendable {
    /// A command begins, with so many steps of which some are already done.
    case commandStarted(CommandName, steps: Int, completed: Int)
    /// A step starts; `position` counts from 1.
    case stepStarted(CommandName, StepName, position: Int, of: Int)
    /// A line that the running step printed.
    case detail(String)
    /// The running step has done so many of its parts, resources or tasks, and this is what happened last.
    case advanced(StepName, done: Int, of: Int, String)
    /// An attempt failed and the next one follows after a pause.
    case attemptFailed(StepName, attempt: Int, summary: String, pause: Duration)
    /// A step ended.
    case stepEnded(StepReport)
    /// The environment went from one state to another; the first state of an environment comes from `nil`.
    case stateChanged(from: LifecycleState?, to: LifecycleState)
}

/// How one step of a run ended.
public struct StepReport: Hashable, Sendable {
    /// How a step ended.
    public enum Outcome: String, Hashable, Sendable {
        /// The step is complete, failed, or was stopped.
        case completed, failed, interrupted
    }

    /// The command whose step it is.
    public let command: CommandName
    /// The step's name.
    public let name: StepName
    /// How the step ended.
    public let outcome: Outcome
    /// How long the step took, with all attempts and pauses.
    public let duration: Duration
    /// Why it did not complete, on one line; nil when it did.
    public let summary: String?
    /// The last line that the step printed, when it failed; nil when it printed nothing or did not fail.
    public let lastLine: String?
    /// The attempts of this run that failed, in their order.
    public let failedAttempts: [FailedAttempt]
}

/// The events of commands as an asynchronous sequence.
///
/// An observer that is slow or gone neither slows a command down nor breaks it: of more than 10,000 events that wait,
/// the oldest are dropped.
public struct ProgressFeed: Sendable {
    /// The events; for one observer.
    public let events: AsyncStream<ProgressEvent>
    /// Whether the events include ``ProgressEvent/detail(_:)``, for which the output of programs is read while they run.
    public let hasDetails: Bool
    private let observe: @Sendable (ProgressEvent) -> Void
    private let continuation: AsyncStream<ProgressEvent>.Continuation

    /// Makes a feed.
    ///
    /// - Parameter hasDetails: false for an observer that does not show what programs print.
    public init(hasDetails: Bool = true) {
        self.hasDetails = hasDetails
        let (events, continuation) = AsyncStream.makeStream(
            of: ProgressEvent.self, bufferingPolicy: .bufferingNewest(10_000))
        (self.events, self.continuation) = (events, continuation)
        observe = { continuation.yield($0) }
    }

    /// Makes a feed whose events go to an observer at the moment at which they happen, in order with what is logged; its
    /// sequence is empty.
    ///
    /// - Parameters:
    ///   - hasDetails: false for an observer that does not show what programs print.
    ///   - observer: is called by the task that works, so it must be quick with details, which may come without end.
    package init(hasDetails: Bool, observer: @escaping @Sendable (ProgressEvent) -> Void) {
        self.hasDetails = hasDetails
        (events, continuation) = AsyncStream.makeStream()
        continuation.finish()
        observe = observer
    }

    func report(_ event: ProgressEvent) {
        if case .detail = event, !hasDetails { return }
        observe(event)
    }

    /// Ends the sequence.
    public func finish() { continuation.finish() }
}
