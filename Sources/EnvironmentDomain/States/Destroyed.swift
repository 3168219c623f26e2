/// The final state, in which everything the provider made has been removed.
public struct Destroyed: EnvironmentState {
    public static let name = LifecycleState.destroyed

    public static func erase(_ snapshot: EnvironmentSnapshot<Destroyed>) -> AnyEnvironmentState {
        .destroyed(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Destroyed>? {
        if case .destroyed(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Destroyed {
    public func store(in members: StoredMemberWriter) {}
    public init(stored members: StoredMemberReader) {}
}
