import Commands
import EnvironmentDomain

/// What to do about a failure, by its kind.
enum Advice {
    static func lines(for failure: StepFailure, _ invocation: Invocation) -> [String] {
        switch StepError.Kind(rawValue: failure.errorKind) {
        case .exitStatus, .signal:
            [
                "Read what the step printed (`\(invocation.line("logs", failure.failedStep.text))`), repair the cause, and retry:",
                "it starts again with this step, and what was completed is not repeated.",
            ]
        case .timeout:
            [
                "The step took too long. Find out what it waited for; give it more time with timeout_seconds",
                "in the workflow file when it is only slow, and retry.",
            ]
        case .processStopped:
            [
                "A program wanted to ask something, or was stopped by a signal. Give it what it asks for by an option,",
                "a file or an environment variable, and retry.",
            ]
        case .toolMissing, .notStarted:
            ["Install the program that is named, or correct its path, and retry."]
        case .invalidOutput:
            ["The step set an output that cannot be used: correct what it appends to $OUTPUTS, and retry."]
        case .outputsRemoved:
            ["Find out what removes files below logs/ while a step runs, and retry: the step runs again."]
        default:
            ["Repair the cause that is named, and retry: it starts again with this step."]
        }
    }
}
