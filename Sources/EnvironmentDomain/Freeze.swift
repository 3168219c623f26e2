/// A stored request that no command change this environment.
///
/// It is stored with the environment, and every command that would change the environment respects it. A freeze is not
/// a lock: it holds without a running process.
public struct Freeze: Hashable, Sendable {
    /// The reason, in the words of the person who asked for the freeze.
    public let reason: String
    /// The name of the user who asked for the freeze; for display only.
    public let user: String
    public let since: Timestamp
    /// The time at which the freeze ends by itself; `nil` for never.
    public let until: Timestamp?

    package init(reason: String, user: String, since: Timestamp = .now(), until: Timestamp? = nil) {
        self.reason = reason
        self.user = user
        self.since = since
        self.until = until
    }

    /// Whether the freeze holds at a moment.
    public func holds(at moment: Timestamp = .now()) -> Bool {
        until.map { moment < $0 } ?? true
    }
}

extension Freeze: CustomStringConvertible {
    /// For example: `frozen by me since 2026-… until 2026-…: the fair goes on`.
    public var description: String {
        "frozen by \(user) since \(since)\(until.map { " until \($0)" } ?? ""): \(reason)"
    }
}

extension Freeze: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(reason, as: "reason")
        try members.write(since, as: "since")
        try members.writeIfPresent(until, as: "until")
        try members.write(user, as: "user")
    }

    public init(stored members: StoredMemberReader) throws {
        reason = try members.required("reason")
        since = try members.required("since")
        until = try members.optional("until")
        user = try members.required("user")
    }
}
