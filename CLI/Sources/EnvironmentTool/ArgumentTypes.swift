public import ArgumentParser
public import EnvironmentDomain

/// The states that a deployment can be asked to reach.
enum GoalArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case provisioned, configured, released, running

    /// The phase that reaches the state.
    var phase: Phase {
        switch self {
        case .provisioned: .provision
        case .configured: .configure
        case .released: .release
        case .running: .run
        }
    }
}

/// The phases that can be started again.
enum PhaseArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case provision, configure, release, run

    var phase: Phase {
        switch self {
        case .provision: .provision
        case .configure: .configure
        case .release: .release
        case .run: .run
        }
    }
}

extension CommandName: @retroactive ExpressibleByArgument {}
extension LifecycleState: @retroactive ExpressibleByArgument {}
