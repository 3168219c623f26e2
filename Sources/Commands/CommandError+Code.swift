extension CommandError {
    /// The kind of a command's error.
    ///
    /// The kind also tells whether anything was changed. Later versions may add codes, so a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case stepFailed = "step_failed"
            case interrupted
            case saveFailed = "save_failed"
            case repository
            case staleEnvironment = "stale_environment"
            case wrongState = "wrong_state"
            case destructionUnfinished = "destruction_unfinished"
            case frozen
            case workflowChanged = "workflow_changed"
            case inputsChanged = "inputs_changed"
            case noEarlierRelease = "no_earlier_release"
            case notRepeatable = "not_repeatable"
            case busy
            case toolMissing = "tool_missing"
        }

        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The code's stable name for programs, for example `step_failed`.
        public var rawValue: String { value.rawValue }
        /// The raw value.
        public var description: String { rawValue }
        /// All codes of this version.
        public static var allCases: [Code] { Value.allCases.map(Code.init) }

        /// A step or a drift check failed; the failure of a step is stored unless ``CommandError/failedSave`` is set.
        public static let stepFailed = Code(.stepFailed)
        /// The task was cancelled; the command can be resumed.
        public static let interrupted = Code(.interrupted)
        /// A save failed, so no further step was started.
        public static let saveFailed = Code(.saveFailed)
        /// The repository could not lock, read or save the environment, usually before a step was started; see
        /// ``CommandError/failedSave``.
        public static let repository = Code(.repository)
        /// The stored state differs from the one that the caller holds.
        ///
        /// Nothing was done, unless the stored state was removed while the command ran.
        public static let staleEnvironment = Code(.staleEnvironment)
        /// The command cannot start from the environment's state.
        ///
        /// Nothing was done.
        public static let wrongState = Code(.wrongState)
        /// A destroy was started and must be finished first.
        ///
        /// Nothing was done.
        public static let destructionUnfinished = Code(.destructionUnfinished)
        /// The environment is frozen (`Freeze`).
        ///
        /// Nothing was done.
        public static let frozen = Code(.frozen)
        /// The provider is not the one that started the command, the completed steps no longer come first, or all steps
        /// are complete and a required output is still missing.
        ///
        /// No step was run.
        public static let workflowChanged = Code(.workflowChanged)
        /// The environment has reached the goal with other parameters or steps (``CommandError/differences``).
        ///
        /// Nothing was done.
        public static let inputsChanged = Code(.inputsChanged)
        /// There is no release to roll back to, or the archive no longer contains it.
        ///
        /// Nothing was done.
        public static let noEarlierRelease = Code(.noEarlierRelease)
        /// The interrupted step must be confirmed before it runs again (``CommandOptions/rerun``).
        ///
        /// Nothing was done.
        public static let notRepeatable = Code(.notRepeatable)
        /// A process that an earlier step or attempt started is still running.
        ///
        /// Nothing was done, or the command stopped before the next attempt or step.
        public static let busy = Code(.busy)
        /// A program that ``CommandError/step`` needs is not installed.
        ///
        /// Nothing was done.
        public static let toolMissing = Code(.toolMissing)
    }
}
