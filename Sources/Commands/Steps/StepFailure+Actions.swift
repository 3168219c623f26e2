public import EnvironmentDomain
import OperatingSystem

extension StepFailure {
    /// The suggested actions: those stored with the failure, or the usual one for its kind.
    ///
    /// States of an earlier version have no stored actions.
    public var actions: [SuggestedAction] {
        suggestedActions.isEmpty ? [.usual(for: StepError.Kind(rawValue: errorKind))] : suggestedActions
    }
}

extension SuggestedAction {
    /// Returns the usual action for a kind of failure, to take before the command is run again.
    static func usual(for kind: StepError.Kind) -> SuggestedAction {
        switch kind {
        case .exitStatus, .signal: SuggestedAction("Read what the step printed, and repair the cause")
        case .timeout:
            SuggestedAction("Find out what the step waited for, and give it more time when it is only slow")
        case .processStopped:
            SuggestedAction(
                "Give the program what it asks for by an option, a file or an environment variable: nobody is there to "
                    + "answer")
        case .toolMissing, .notStarted: SuggestedAction("Install the program that is named, or correct its path")
        case .invalidOutput: SuggestedAction("Correct what the step appends to $OUTPUTS")
        case .outputsRemoved: SuggestedAction("Find out what removes files below logs/ while a step runs")
        case .diskFull: SuggestedAction("Make room on the disk that is named")
        default: SuggestedAction("Repair the cause that is named")
        }
    }

    /// Returns the action that shows a whole log.
    static func reading(log path: String) -> SuggestedAction {
        SuggestedAction("Read the whole log of the step", command: "cat \(path.quotedForShell)")
    }
}
