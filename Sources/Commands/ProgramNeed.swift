public import EnvironmentDomain

/// A program that a step needs, whose presence is checked before a deployment or a destroy does anything.
public struct ProgramNeed: Sendable {
    /// The phase of the step.
    public let phase: Phase
    /// The step that starts the program.
    public let step: StepName
    let find: @Sendable (AnyEnvironmentState, Workspace) throws(StepError) -> Void

    /// Describes a program.
    ///
    /// - Parameters:
    ///   - phase: The phase of the step.
    ///   - step: The step that starts the program.
    ///   - find: Searches for the program, and throws a ``StepError`` with the kind `tool_missing` when the program is
    ///     needed but missing.
    public init(
        phase: Phase, step: StepName,
        find: @escaping @Sendable (AnyEnvironmentState, Workspace) throws(StepError) -> Void
    ) {
        self.phase = phase
        self.step = step
        self.find = find
    }
}
