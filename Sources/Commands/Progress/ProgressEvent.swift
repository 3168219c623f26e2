public import EnvironmentDomain

/// An event of a running command.
public enum ProgressEvent: Hashable, Sendable {
    /// A command starts; `steps` is the number of its steps and `completed` the number of those that are complete
    /// already.
    case commandStarted(CommandName, steps: Int, completed: Int)
    /// A step starts; `position` counts from 1.
    case stepStarted(CommandName, StepName, position: Int, of: Int)
    /// The running step printed a line.
    case detail(String)
    /// The running step made progress; the numbers count its parts, such as resources or tasks, and the text describes
    /// the last event.
    case advanced(StepName, done: Int, of: Int, String)
    /// An attempt failed, and the step is tried again after a pause.
    case attemptFailed(StepName, attempt: Int, summary: String, pause: Duration)
    /// A step ended.
    case stepEnded(StepReport)
    /// The environment went from one state to another; `from` is `nil` for a new environment.
    case stateChanged(from: LifecycleState?, to: LifecycleState)
}

/// The report of a step that ended.
public struct StepReport: Hashable, Sendable {
    /// The outcome of a step.
    public enum Outcome: String, Hashable, Sendable {
        /// The step completed, failed, or was stopped.
        case completed, failed, interrupted
    }

    /// The name of the step's command.
    public let command: CommandName
    /// The step's name.
    public let name: StepName
    /// The outcome of the step.
    public let outcome: Outcome
    /// The duration of the step, including all attempts and pauses.
    public let duration: Duration
    /// The reason for which the step did not complete, on one line; `nil` when it completed.
    public let summary: String?
    /// The last line that a failed step printed; `nil` when it printed nothing or did not fail.
    public let lastLine: String?
    /// The failed attempts of this run, in order.
    public let failedAttempts: [FailedAttempt]
}

/// A feed of the events of commands as an asynchronous sequence.
///
/// A slow or missing observer neither slows a command down nor makes it fail: when more than 10,000 events are waiting,
/// the oldest are dropped.
public struct ProgressFeed: Sendable {
    /// The events, for a single observer.
    public let events: AsyncStream<ProgressEvent>
    /// Whether the events include ``ProgressEvent/detail(_:)``, for which the output of running programs is read.
    public let hasDetails: Bool
    private let observe: @Sendable (ProgressEvent) -> Void
    private let continuation: AsyncStream<ProgressEvent>.Continuation

    /// Creates a feed.
    ///
    /// - Parameter hasDetails: Whether to include ``ProgressEvent/detail(_:)``; `false` for an observer that does not
    ///   show the output of programs.
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
