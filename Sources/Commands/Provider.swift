public import EnvironmentDomain

/// Everything that can be done to environments of one kind: the steps of each phase.
public struct Provider: Sendable {
    /// What is stored of the provider with each environment.
    public let reference: ProviderReference
    private let steps: [Phase: [Step]]
    /// The checks that find out whether something has drifted.
    public var checks: [DriftCheck] = []
    /// The programs that the steps need, which are looked for before a deployment or a destroy does anything.
    public var needs: [ProgramNeed] = []
    /// Makes sure, before a program runs a step, that the environment's SSH key can be used, and throws a ``StepError``
    /// with the reason and the way out otherwise; `nil` where no step logs in.
    public var loginCheck: (@Sendable (SSHCredentials, Workspace) async throws(StepError) -> Void)?
    /// Says what provisioning or destroying would change; `nil` when the provider cannot tell.
    public var preview: Preview?
    /// The step of a phase that an unfinished phase returns to when the provider's source was changed after the step.
    ///
    /// It is a step whose results later steps use, and that changes nothing when they are right already.
    public var redoneWhenChanged: [Phase: StepName] = [:]
    /// The checksum of each phase's steps; that of the whole source for a phase that is not listed.
    ///
    /// A deployment whose goal was reached with other steps is refused. Steps in Swift have no checksum of their own.
    public var digests: [Phase: Checksum] = [:]

    /// Creates a provider.
    ///
    /// - Parameters:
    ///   - kind: The provider's name, which is stored with its environments.
    ///   - provision: The steps that make the instance; the last one must have set ``OutputKey/instanceAddress``.
    ///   - configure: The steps that configure the instance.
    ///   - release: The steps that put a release into place.
    ///   - run: The steps that start the release.
    ///   - destroy: The steps that remove what was made.
    ///   - checks: The checks that find out whether something has drifted.
    ///   - preview: Says what provisioning or destroying would change.
    ///   - redoneWhenChanged: The step of a phase that an unfinished phase returns to when the source was changed.
    ///   - needs: The programs that the steps need.
    ///   - source: Where the steps come from, for example the path of a file; stored with the environments.
    ///   - digest: The checksum of the source.
    ///   - digests: The checksum of each phase's steps; that of the source for a phase that is not listed.
    /// - Precondition: The names of the steps of a phase are unique.
    public init(
        _ kind: ProviderKind, provision: [Step] = [], configure: [Step] = [], release: [Step] = [], run: [Step] = [],
        destroy: [Step] = [], checks: [DriftCheck] = [], preview: Preview? = nil,
        redoneWhenChanged: [Phase: StepName] = [:], needs: [ProgramNeed] = [], source: AbsolutePath? = nil,
        digest: Checksum? = nil,
        digests: [Phase: Checksum] = [:]
    ) {
        self.init(
            ProviderReference(kind: kind, source: source, digest: digest),
            steps: [
                .provision: provision, .configure: configure, .release: release, .run: run, .destroy: destroy,
            ])
        self.checks = checks
        self.preview = preview
        self.redoneWhenChanged = redoneWhenChanged
        self.digests = digests
        self.needs = needs
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
