public import EnvironmentDomain

/// Why a command did not reach its end, what is stored now, and what to do next.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// A step failed; the failed state is recorded unless ``CommandError/failedSave`` says otherwise.
        case stepFailed = "step_failed"
        /// The task was cancelled; the environment can be resumed.
        case interrupted
        /// A state could not be saved, so no further step was started.
        case saveFailed = "save_failed"
        /// The repository refused before anything was done; see ``CommandError/failedSave``.
        case repository
        /// What is stored is not what the caller holds. Nothing was done.
        case staleEnvironment = "stale_environment"
        /// The environment is in a state from which this cannot be done. Nothing was done.
        case wrongState = "wrong_state"
        /// A destroy was begun and must be finished first. Nothing was done.
        case destructionUnfinished = "destruction_unfinished"
        /// The environment is frozen (`Freeze`). Nothing was done.
        case frozen
        /// Another provider than the one that began, or the completed steps do not come first any more. Nothing was done.
        case workflowChanged = "workflow_changed"
        /// The goal is reached, and the parameters or steps differ from those that it was reached with
        /// (``CommandError/differences``). Nothing was done.
        case inputsChanged = "inputs_changed"
        /// The interrupted step must not be repeated without a person's word. Nothing was done.
        case notRepeatable = "not_repeatable"
        /// A process that an earlier step started still works. Nothing was done.
        case busy
        /// A program that ``CommandError/step`` needs is not there. Nothing was done.
        case toolMissing = "tool_missing"
    }

    public let code: Code
    /// Sentences for people: what happened to what, and the way out.
    public let message: String
    /// The step that it happened in.
    public var step: StepName?
    /// What is known of the failed step.
    public var failure: StepFailure?
    /// The last lines that the failed step printed.
    public var logTail: [String] = []
    /// The repository's error: the only one, or one that came on top of a step's failure.
    public var failedSave: RepositoryError?
    /// Where the newest state was kept that could not be saved.
    public var emergencyRecord: String?
    /// What is certainly stored; nil when nothing is.
    public var lastDurable: AnyEnvironmentState?
    /// The step that was interrupted and is repeated only when it is named (``CommandOptions/rerun``).
    public var rerun: StepName?
    /// The inputs that differ from those with which the goal was reached.
    public var differences: [InputDifference] = []
    /// The phase to start again, so that new inputs are used, or an output is set that is missing.
    public var startAgain: Phase?
    /// The command that leads on from here.
    public var next: CommandName?
    /// The steps of this run, those before the failure included.
    public var steps: [StepReport] = []

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

    public var description: String {
        failedSave?.cause.map { "\(message) [\($0)]" } ?? message
    }
}
