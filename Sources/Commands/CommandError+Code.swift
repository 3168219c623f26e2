extension CommandError {
    /// A kind of error, which also says whether anything was changed.
    ///
    /// New codes may be added, so a `switch` needs a `default`.
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

        /// The word for programs, for example `step_failed`.
        public var rawValue: String { value.rawValue }
        /// The word for programs.
        public var description: String { rawValue }
        /// All codes of this version.
        public static var allCases: [Code] { Value.allCases.map(Code.init) }

        /// A step failed; the failed state is recorded unless ``CommandError/failedSave`` says otherwise.
        public static let stepFailed = Code(.stepFailed)
        /// The task was cancelled; the environment can be resumed.
        public static let interrupted = Code(.interrupted)
        /// A state could not be saved, so no further step was started.
        public static let saveFailed = Code(.saveFailed)
        /// The repository refused before anything was done; see ``CommandError/failedSave``.
        public static let repository = Code(.repository)
        /// What is stored is not what the caller holds.
        ///
        /// Nothing was done.
        public static let staleEnvironment = Code(.staleEnvironment)
        /// The environment is in a state from which this cannot be done.
        ///
        /// Nothing was done.
        public static let wrongState = Code(.wrongState)
        /// A destroy was begun and must be finished first.
        ///
        /// Nothing was done.
        public static let destructionUnfinished = Code(.destructionUnfinished)
        /// The environment is frozen (`Freeze`).
        ///
        /// Nothing was done.
        public static let frozen = Code(.frozen)
        /// Another provider than the one that began, or the completed steps do not come first any more.
        ///
        /// Nothing was done.
        public static let workflowChanged = Code(.workflowChanged)
        /// The goal is reached, and the parameters or steps differ from those that it was reached with
        /// (``CommandError/differences``).
        ///
        /// Nothing was done.
        public static let inputsChanged = Code(.inputsChanged)
        /// There is no release to roll back to, or the archive does not keep it any more.
        ///
        /// Nothing was done.
        public static let noEarlierRelease = Code(.noEarlierRelease)
        /// The interrupted step must not be repeated without confirmation.
        ///
        /// Nothing was done.
        public static let notRepeatable = Code(.notRepeatable)
        /// A process that an earlier step started still works.
        ///
        /// Nothing was done.
        public static let busy = Code(.busy)
        /// A program that ``CommandError/step`` needs is not there.
        ///
        /// Nothing was done.
        public static let toolMissing = Code(.toolMissing)
    }
}
