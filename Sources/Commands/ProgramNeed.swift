import EnvironmentDomain

/// A program that a step starts, to be found before a deployment or a destroy does anything.
struct ProgramNeed: Sendable {
    let phase: Phase
    let step: StepName
    /// Looks for the program.
    ///
    /// - Throws: ``StepError`` with the kind `tool_missing` when it is needed and not there.
    let find: @Sendable (AnyEnvironmentState, Workspace) throws(StepError) -> Void
}
