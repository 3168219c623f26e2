public import EnvironmentDomain

/// Everything that can be done to environments of one kind: the steps of each phase.
public struct Provider: Sendable {
    public let reference: ProviderReference
    private let steps: [Phase: [any Step]]
    /// The checks that find out whether something has drifted.
    var checks: [any DriftCheck] = []
    /// The step of each phase that is done again when the provider's source was changed after it.
    var redoneWhenChanged: [Phase: StepName] = [:]
    /// The checksum of each phase's steps; that of the whole source for a phase that is not listed.
    var digests: [Phase: Checksum] = [:]
    /// The programs that the steps need.
    var needs: [ProgramNeed] = []
    /// Says what provisioning or destroying would change; `nil` when the provider cannot tell.
    public internal(set) var preview: InfrastructurePreview?

    /// Creates a provider; a phase that is not named has no steps.
    public init(_ reference: ProviderReference, steps: [Phase: [any Step]]) {
        for (phase, steps) in steps {
            precondition(
                Set(steps.map(\.name)).count == steps.count, "two steps of \(phase) have the same name")
        }
        self.reference = reference
        self.steps = steps
    }

    /// The steps of a phase, in their order.
    public func steps(of phase: Phase) -> [any Step] { steps[phase] ?? [] }

    /// The step in which an earlier run was interrupted when it is not repeatable, so that it is run again only when it is
    /// confirmed; `nil` for none.
    public func unrepeatableStep(of environment: AnyEnvironmentState) -> StepName? {
        guard environment.failure == nil, let current = environment.progress?.current?.name,
            let phase = environment.unfinishedCommand.flatMap(Phase.init),
            steps(of: phase).contains(where: { $0.name == current && !$0.isRepeatable })
        else { return nil }
        return current
    }

    subscript(phase: Phase) -> Workflow {
        Workflow(
            provider: reference, steps: steps(of: phase), digest: digests[phase] ?? reference.digest,
            redoneWhenChanged: redoneWhenChanged[phase])
    }
}
