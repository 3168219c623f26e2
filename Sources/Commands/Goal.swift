public import EnvironmentDomain

/// The state that a deployment is to reach, as a type: `try await orchestrator.deploy("my-env", to: .released)`.
public struct Goal<State: ProvisionedState>: Sendable {
    /// The phase that reaches the state.
    let phase: Phase
}

extension Goal<Provisioned> {
    /// The instance exists and answers.
    public static var provisioned: Self { Self(phase: .provision) }
}

extension Goal<Configured> {
    /// The instance is configured.
    public static var configured: Self { Self(phase: .configure) }
}

extension Goal<Released> {
    /// A release is in place.
    public static var released: Self { Self(phase: .release) }
}

extension Goal<Running> {
    /// The release runs.
    public static var running: Self { Self(phase: .run) }
}

extension Phase {
    /// The phases of the way forward, in their order.
    public static let forward: [Phase] = [.provision, .configure, .release, .run]

    /// The state after the phase.
    public var goal: LifecycleState {
        switch self {
        case .provision: .provisioned
        case .configure: .configured
        case .release: .released
        case .run: .running
        case .destroy: .destroyed
        }
    }

    /// Creates the phase of the way forward that reaches a state; `nil` for a state that is no goal.
    public init?(goal: LifecycleState) {
        guard let phase = Phase.forward.first(where: { $0.goal == goal }) else { return nil }
        self = phase
    }

    /// Creates the phase that a command does; `nil` for a command without steps.
    public init?(_ command: CommandName) {
        guard let phase = Phase.allCases.first(where: { $0.command == command }) else { return nil }
        self = phase
    }

    /// Whether an environment has completed the phase, and every phase before it.
    public func isReached(by environment: AnyEnvironmentState) -> Bool {
        if environment.state == .destroyed { return false }
        guard let next = environment.nextCommand, let phase = Phase(next) else { return true }
        return phase > self && phase != .destroy
    }

    /// Whether an environment has started the phase, so that it can start it again.
    public func isBegun(by environment: AnyEnvironmentState) -> Bool {
        Lifecycle.edges.contains { $0.isAgain && $0.phase == self && $0.from == environment.state }
    }

    /// The phases whose inputs decide whether an environment that has reached this phase's goal is up to date.
    var decisive: [Phase] { self == .run ? [.release, .run] : [self] }
}
