public import EnvironmentDomain

/// Everything that can be done to environments of one kind: the steps of each phase.
public struct Provider: Sendable {
    /// What is stored of the provider with each environment.
    public let reference: ProviderReference
    private let steps: [Phase: [Step]]
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

    /// Creates a provider.
    ///
    /// - Parameters:
    ///   - kind: The provider's name, which is stored with its environments.
    ///   - provision: The steps that make the instance; the last one must have set ``OutputKey/instanceAddress``.
    ///   - configure: The steps that configure the instance.
    ///   - release: The steps that put a release into place.
    ///   - run: The steps that start the release.
    ///   - destroy: The steps that remove what was made.
    /// - Precondition: The names of the steps of a phase are unique.
    public init(
        _ kind: ProviderKind, provision: [Step] = [], configure: [Step] = [], release: [Step] = [], run: [Step] = [],
        destroy: [Step] = []
    ) {
        self.init(
            ProviderReference(kind: kind),
            steps: [
                .provision: provision, .configure: configure, .release: release, .run: run, .destroy: destroy,
            ])
    }

    /// Creates a provider whose steps come from a source that is stored too, such as a workflow file.
    ///
    /// - Parameters:
    ///   - reference: What is stored of the provider with each environment.
    ///   - steps: The steps of each phase; a phase that is not named has none.
    /// - Precondition: The names of the steps of a phase are unique.
    public init(_ reference: ProviderReference, steps: [Phase: [Step]]) {
        for (phase, steps) in steps.sorted(by: { $0.key < $1.key }) {
            var names: Set<StepName> = []
            for step in steps where !names.insert(step.name).inserted {
                trap(
                    "the provider \(reference.kind) has two steps \(step.name) in the phase \(phase); "
                        + "give one of them another name")
            }
        }
        self.reference = reference
        self.steps = steps
    }

    /// The steps of a phase, in their order.
    public func steps(of phase: Phase) -> [Step] { steps[phase] ?? [] }

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
