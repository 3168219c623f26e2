import EnvironmentDomain

/// The steps of one phase, and the provider that they come from.
struct Workflow: Sendable {
    let provider: ProviderReference
    let steps: [Step]
    /// The checksum of the steps; `nil` when the provider has none.
    var digest: Checksum?
    /// The step that an unfinished command returns to when the provider's source was changed after it was completed.
    ///
    /// It is one whose results later steps use, and that changes nothing when it is right already.
    var redoneWhenChanged: StepName?
}
