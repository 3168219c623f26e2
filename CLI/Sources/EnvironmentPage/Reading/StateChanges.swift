/// The members that differ between two states of one environment.
public struct StateChanges: Hashable, Sendable {
    /// The serial of the earlier state.
    public let from: Int
    /// The serial of the later state.
    public let to: Int
    /// The members, in the order of their paths.
    public let members: [Member]

    /// A member that differs.
    public struct Member: Hashable, Sendable {
        /// The member's path, for example `parameters.tag`.
        public let path: String
        /// The JSON text of the value before; `nil` for none.
        public let before: String?
        /// The JSON text of the value after; `nil` for none.
        public let after: String?

        /// Describes a member that differs.
        public init(path: String, before: String?, after: String?) {
            self.path = path
            self.before = before
            self.after = after
        }
    }

    /// Describes the difference between two states.
    public init(from: Int, to: Int, members: [Member]) {
        self.from = from
        self.to = to
        self.members = members
    }
}
