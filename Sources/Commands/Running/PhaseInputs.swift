import EnvironmentDomain

/// The parameters with which a phase starts.
enum PhaseInputs: Hashable, Sendable {
    /// The stored parameters with these changes.
    case changes([ParameterName: String])
    /// Exactly the parameters of an earlier release.
    case rollback(Rollback, [ParameterName: String])
}
