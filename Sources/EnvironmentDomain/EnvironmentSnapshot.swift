/// An environment's context and state as a copyable value, for storing, comparing and attaching to errors.
///
/// A snapshot gives no right to change the environment; that takes an ``Environment``. It is decoded only through
/// ``AnyEnvironmentState``, so that no text can claim a state that its members do not have.
public struct EnvironmentSnapshot<State: EnvironmentState>: Encodable, Hashable, Sendable {
    public package(set) var context: EnvironmentContext
    public package(set) var state: State

    package init(context: EnvironmentContext, state: State) {
        self.context = context
        self.state = state
    }

    /// The snapshot without the state in its type.
    public var erased: AnyEnvironmentState { State.erase(self) }

    public func encode(to encoder: any Encoder) throws { try store(in: StoredMemberWriter(encoder)) }

    func store(in members: StoredMemberWriter) throws {
        try context.store(in: members)
        try members.write(state, as: "state")
    }
}
