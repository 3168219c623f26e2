public import EnvironmentDomain

/// Why a command did not reach its end, what is stored now, and what to do next.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// Sentences for people: what happened to what, and the way out.
    public let message: String
    /// The step that it happened in.
    public internal(set) var step: StepName?
    /// What is known of the failed step.
    public internal(set) var failure: StepFailure?
    /// The last lines that the failed step printed.
    public internal(set) var logTail: [String] = []
    /// The repository's error: the only one, or one that came on top of a step's failure.
    public internal(set) var failedSave: RepositoryError?
    /// Where the newest state was kept that could not be saved.
    public package(set) var emergencyRecord: String?
    /// Why what could not be saved could not be kept in an emergency record either; its message says where the state is.
    public internal(set) var failedRecord: RepositoryError?
    /// What is certainly stored; nil when nothing is.
    public internal(set) var lastDurable: AnyEnvironmentState?
    /// The step that was interrupted and is repeated only when it is named (``CommandOptions/rerun``).
    public internal(set) var rerun: StepName?
    /// The inputs that differ from those with which the goal was reached.
    public internal(set) var differences: [InputDifference] = []
    /// The phase to start again, so that new inputs are used, or an output is set that is missing.
    public internal(set) var startAgain: Phase?
    /// The command that leads on from here.
    public internal(set) var next: CommandName?
    /// The steps of this run, those before the failure included.
    public internal(set) var steps: [StepReport] = []

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same error with another message.
    init(_ error: CommandError, message: String) {
        self.init(error.code, message)
        step = error.step
        failedSave = error.failedSave
    }

    init(_ error: RepositoryError) {
        self.init(error.code == .cancelled ? .interrupted : .repository, error.message)
        failedSave = error
    }

    /// The message, and what caused a save to fail.
    public var description: String {
        failedSave?.cause.map { "\(message) [\($0)]" } ?? message
    }
}
