public import EnvironmentDomain

/// The steps of one command, and the provider that they come from.
public struct Workflow: Sendable {
    public let provider: ProviderReference
    public let steps: [any Step]
    /// The step that an unfinished command goes back to when the provider's source was changed after it was completed.
    ///
    /// It is one of which later steps use what it made, and that changes nothing when it is right already.
    var redoneWhenChanged: StepName?

    public init(provider: ProviderReference, steps: [any Step]) {
        precondition(Set(steps.map(\.name)).count == steps.count, "a step's name is unique in its command")
        self.provider = provider
        self.steps = steps
    }
}

/// Everything that can be done to an environment of one kind: a workflow for each command.
public struct Provider: Sendable {
    public let reference: ProviderReference
    private let steps: [CommandName: [any Step]]
    /// What can be looked at to find out whether something has drifted.
    var checks: [any DriftCheck] = []
    /// The step of each command that is done again when the provider's source was changed after it.
    var redoneWhenChanged: [CommandName: StepName] = [:]
    /// Says what provisioning or destroying would change; nil when the provider cannot tell.
    public internal(set) var preview: InfrastructurePreview?

    /// Describes a provider; a command that is not mentioned has no steps.
    public init(_ reference: ProviderReference, steps: [CommandName: [any Step]]) {
        self.reference = reference
        self.steps = steps
    }

    public var provisioning: Workflow { self[.provision] }
    public var configuring: Workflow { self[.configure] }
    public var releasing: Workflow { self[.release] }
    public var running: Workflow { self[.run] }
    public var destroying: Workflow { self[.destroy] }

    /// The workflow of a command.
    public subscript(command: CommandName) -> Workflow {
        var workflow = Workflow(provider: reference, steps: steps[command] ?? [])
        workflow.redoneWhenChanged = redoneWhenChanged[command]
        return workflow
    }
}
