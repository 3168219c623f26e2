public import EnvironmentDomain

/// The steps of one command, and the provider that they come from.
public struct Workflow: Sendable {
    public let provider: ProviderReference
    public let steps: [any Step]

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
        Workflow(provider: reference, steps: steps[command] ?? [])
    }
}
