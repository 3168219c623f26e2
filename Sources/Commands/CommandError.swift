public import EnvironmentDomain

/// The error of a command: the reason, the state that is stored now, and the next command.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// Sentences for people: the reason and the way to continue.
    public let message: String
    /// The step in which the error occurred; `nil` for an error outside the steps.
    public internal(set) var step: StepName?
    /// The details of the failed step; `nil` when no step failed.
    public internal(set) var failure: StepFailure?
    /// The last lines of the failed step's log, at most 20.
    public internal(set) var logTail: [String] = []
    /// The repository's error: the cause of this error, or a save that failed after a step had failed; `nil` for none.
    public internal(set) var failedSave: RepositoryError?
    /// The location of the emergency record with the newest state that could not be saved; `nil` when there is none.
    public package(set) var emergencyRecord: String?
    /// The error of the emergency record when it could not be written either; its message tells where the state is.
    public internal(set) var failedRecord: RepositoryError?
    /// The last state that is known to be stored; `nil` when none is known.
    public internal(set) var lastDurable: AnyEnvironmentState?
    /// The interrupted step that must be confirmed before it runs again (``CommandOptions/rerun``); `nil` for none.
    public internal(set) var rerun: StepName?
    /// The inputs that differ from those with which the environment reached the goal.
    public internal(set) var differences: [InputDifference] = []
    /// The phase to start again to use new inputs or to set a missing output; `nil` when that does not help.
    public internal(set) var startAgain: Phase?
    /// The command to run next; `nil` when there is none.
    public internal(set) var next: CommandName?
    /// The reports of the steps that ran, including those before the failure.
    public internal(set) var steps: [StepReport] = []

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Creates an error with the code, step and repository error of another one.
    init(_ error: CommandError, message: String) {
        self.init(error.code, message)
        step = error.step
        failedSave = error.failedSave
    }

    init(_ error: RepositoryError) {
        self.init(error.code == .cancelled ? .interrupted : .repository, error.message)
        failedSave = error
    }

    /// The message, followed by the cause of the repository's error in brackets, if any.
    public var description: String {
        failedSave?.cause.map { "\(message) [\($0)]" } ?? message
    }
}
