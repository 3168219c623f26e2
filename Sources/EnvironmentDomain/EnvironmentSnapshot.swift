/// The picture of an environment in one state: what is stored, compared and carried by errors.
///
/// A snapshot can be copied and gives no right to change anything; ``Environment`` is the handle that does. It is
/// decoded through ``AnyEnvironmentState`` only, so that no text can claim a state of its own.
public struct EnvironmentSnapshot<State: EnvironmentState>: Encodable, Hashable, Sendable {
    public package(set) var context: EnvironmentContext
    public package(set) var state: State

    package init(context: EnvironmentContext, state: State) {
        self.context = context
        self.state = state
    }

    /// The same picture without the state in its type.
    public var erased: AnyEnvironmentState { State.erase(self) }

    public func encode(to encoder: any Encoder) throws { try store(in: StoredMemberWriter(encoder)) }

    func store(in members: StoredMemberWriter) throws {
        try context.store(in: members)
        try members.write(state, as: "state")
    }
}
