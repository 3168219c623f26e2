public import EnvironmentDomain

/// A provider: the steps of each phase for environments of one kind.
public struct Provider: Sendable {
    /// The reference to the provider that is stored with each environment.
    public let reference: ProviderReference
    private let steps: [Phase: [Step]]
    /// The checks that find drift: differences between what was made and what exists.
    public var checks: [DriftCheck] = []
    /// The programs that the steps need; their presence is checked before a deployment or a destroy does anything.
    public var needs: [ProgramNeed] = []
    /// Checks, before a program runs a step, that the environment's SSH key can be used; `nil` when no step logs in.
    ///
    /// It throws a ``StepError`` with the reason and what to do about it.
    public var loginCheck: (@Sendable (SSHCredentials, Workspace) async throws(StepError) -> Void)?
    /// The preview of provisioning and destroying; `nil` when the provider has none.
    public var preview: Preview?
    /// The step at which each unfinished phase resumes when the provider's source was changed after the step completed.
    ///
    /// Choose a step whose results later steps use, and that changes nothing when its results are correct already.
    public var redoneWhenChanged: [Phase: StepName] = [:]
    /// The checksum of each phase's steps; a phase that is not listed has the checksum of the whole source.
    ///
    /// A deployment of an environment that has reached the goal with other steps is refused. Steps in Swift have no
    /// checksum of their own.
    public var digests: [Phase: Checksum] = [:]

    /// Creates a provider.
    ///
    /// - Parameters:
    ///   - kind: The provider's name, which is stored with each environment.
    ///   - provision: The steps that make the instance; one of them must set ``OutputKey/instanceAddress``.
    ///   - configure: The steps that configure the instance.
    ///   - release: The steps that put a release into place.
    ///   - run: The steps that start the release.
    ///   - destroy: The steps that remove what was made.
    ///   - checks: The checks that find drift.
    ///   - preview: The preview of provisioning and destroying; `nil` when the provider has none.
    ///   - redoneWhenChanged: The step at which each unfinished phase resumes when the source was changed.
    ///   - needs: The programs that the steps need.
    ///   - source: The path of the file or folder that defines the steps, stored with each environment; `nil` for none.
    ///   - digest: The checksum of the source; `nil` for none.
    ///   - digests: The checksum of each phase's steps; a phase that is not listed has the checksum of the source.
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

    /// Creates a provider from a stored reference, for example for the steps of a workflow file.
    ///
    /// - Parameters:
    ///   - reference: The reference to the provider that is stored with each environment.
    ///   - steps: The steps of each phase; a phase that is not listed has none.
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

    /// Returns the steps of a phase, in order.
    public func steps(of phase: Phase) -> [Step] { steps[phase] ?? [] }

    /// Returns the step that was interrupted and is not repeatable, so that it must be confirmed before it runs again;
    /// `nil` for none.
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
