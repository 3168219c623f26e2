/// A rollback that has started and is not complete.
///
/// It is stored with the environment from the rollback's first save to the one before its last. A rollback that was
/// interrupted therefore resumes with the same release.
public struct Rollback: Hashable, Sendable {
    /// The serial of the state in which the earlier release was complete.
    public let serial: Int
    /// The phase that the rollback ends with: `release`, or `run` for an environment that was running.
    public let goal: Phase

    package init(serial: Int, goal: Phase) {
        self.serial = serial
        self.goal = goal
    }
}

extension Rollback: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(goal, as: "goal")
        try members.write(serial, as: "serial")
    }

    public init(stored members: StoredMemberReader) throws {
        goal = try members.required("goal")
        guard goal == .release || goal == .run else {
            throw members.invalid("goal", "a rollback ends with release or run")
        }
        serial = try members.required("serial")
    }
}
