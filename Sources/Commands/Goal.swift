public import EnvironmentDomain

/// How far a deployment is to go.
public enum Goal: String, CaseIterable, Hashable, Sendable {
    case provisioned, configured, released, running

    /// The command that reaches the goal.
    public var command: CommandName {
        switch self {
        case .provisioned: .provision
        case .configured: .configure
        case .released: .release
        case .running: .run
        }
    }

    /// Whether an environment is there or further on.
    public func isReached(by environment: AnyEnvironmentState) -> Bool {
        if environment.state == .destroyed { return false }
        guard let next = environment.nextCommand else { return true }
        return Self.order(next) > Self.order(command)
    }

    private static func order(_ command: CommandName) -> Int {
        Goal.allCases.firstIndex { $0.command == command } ?? -1
    }
}
