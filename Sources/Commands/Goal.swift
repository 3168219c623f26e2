public import EnvironmentDomain

/// The goal of a deployment, with the state to reach as its type:
/// `try await orchestrator.deploy("my-env", to: .released)`.
public struct Goal<State: ProvisionedState>: Sendable {
    /// The phase that ends in the state.
    let phase: Phase
}

extension Goal<Provisioned> {
    /// The goal of the provision phase: the instance exists and its address is known.
    public static var provisioned: Self { Self(phase: .provision) }
}

extension Goal<Configured> {
    /// The goal of the configure phase: the instance is configured.
    public static var configured: Self { Self(phase: .configure) }
}

extension Goal<Released> {
    /// The goal of the release phase: a release is in place.
    public static var released: Self { Self(phase: .release) }
}

extension Goal<Running> {
    /// The goal of the run phase: the release runs.
    public static var running: Self { Self(phase: .run) }
}

extension Phase {
    /// All phases except destroy, in order.
    public static let forward: [Phase] = [.provision, .configure, .release, .run]

    /// The state of an environment that has completed the phase.
    public var goal: LifecycleState {
        switch self {
        case .provision: .provisioned
        case .configure: .configured
        case .release: .released
        case .run: .running
        case .destroy: .destroyed
        }
    }

    /// Creates the phase, other than destroy, whose goal is a state; `nil` when the state is not such a goal.
    public init?(goal: LifecycleState) {
        guard let phase = Phase.forward.first(where: { $0.goal == goal }) else { return nil }
        self = phase
    }

    /// Creates the phase whose steps a command runs; `nil` for a command without steps.
    public init?(_ command: CommandName) {
        guard let phase = Phase.allCases.first(where: { $0.command == command }) else { return nil }
        self = phase
    }

    /// Returns whether an environment has completed the phase and every phase before it; `false` for a destroyed one.
    public func isReached(by environment: AnyEnvironmentState) -> Bool {
        if environment.state == .destroyed { return false }
        guard let next = environment.nextCommand, let phase = Phase(next) else { return true }
        return phase > self && phase != .destroy
    }

    /// Returns whether an environment has started the phase, so that the phase can start again.
    public func isBegun(by environment: AnyEnvironmentState) -> Bool {
        Lifecycle.edges.contains { $0.isAgain && $0.phase == self && $0.from == environment.state }
    }

    /// The phases whose inputs must be unchanged for an environment at this phase's goal to be up to date.
    var decisive: [Phase] { self == .run ? [.release, .run] : [self] }
}
