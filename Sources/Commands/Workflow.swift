import EnvironmentDomain

/// The steps of one phase, and a reference to their provider.
struct Workflow: Sendable {
    let provider: ProviderReference
    let steps: [Step]
    /// The checksum of the steps; `nil` when the provider has none.
    var digest: Checksum?
    /// The step at which an unfinished command resumes when the provider's source was changed after the step completed
    /// (see ``Provider/redoneWhenChanged``).
    var redoneWhenChanged: StepName?
}
