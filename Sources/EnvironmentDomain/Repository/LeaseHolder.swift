/// The holder of an environment's lock, as the holder recorded itself.
///
/// The record is for people and messages; it never decides whether the lock is free. Members are `nil` when they are
/// unknown.
public struct LeaseHolder: Hashable, Sendable {
    public var lockID: LockID?
    public var pid: Int32?
    public var host: String?
    /// The identifier of the host's present boot.
    public var bootID: String?
    /// The start time of the process, in a unit of the operating system.
    ///
    /// It distinguishes the process from a later one with the same number.
    public var processStarted: Int64?
    public var user: String?
    public var command: CommandName?
    public var commandID: CommandID?
    public var step: StepName?
    public var since: Timestamp?

    public init(
        lockID: LockID? = nil, pid: Int32? = nil, host: String? = nil, bootID: String? = nil,
        processStarted: Int64? = nil, user: String? = nil, command: CommandName? = nil, commandID: CommandID? = nil,
        step: StepName? = nil, since: Timestamp? = nil
    ) {
        self.lockID = lockID
        self.pid = pid
        self.host = host
        self.bootID = bootID
        self.processStarted = processStarted
        self.user = user
        self.command = command
        self.commandID = commandID
        self.step = step
        self.since = since
    }
}

extension LeaseHolder: CustomStringConvertible {
    /// For example: `process 4711 (provision, step create_instance, user me, host build-1, since 2026-…)`.
    public var description: String {
        guard let pid, pid > 0 else { return "a process that has not said who it is" }
        let details = [
            command?.rawValue, step.map { "step \($0)" }, user.map { "user \($0)" }, host.map { "host \($0)" },
            since.map { "since \($0)" },
        ].compactMap(\.self)
        return details.isEmpty ? "process \(pid)" : "process \(pid) (\(details.joined(separator: ", ")))"
    }
}

extension LeaseHolder: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.writeIfPresent(bootID, as: "boot_id")
        if let command { try members.write(command, as: "command") }
        try members.writeIfPresent(commandID, as: "command_id")
        try members.writeIfPresent(host, as: "host")
        try members.writeIfPresent(lockID, as: "lock_id")
        if let pid { try members.write(Int(pid), as: "pid") }
        if let processStarted { try members.write(Int(processStarted), as: "process_started") }
        try members.writeIfPresent(since, as: "since")
        try members.writeIfPresent(step, as: "step")
        try members.writeIfPresent(user, as: "user")
    }

    public init(stored members: StoredMemberReader) throws {
        bootID = try members.optional("boot_id")
        command = try members.optional("command")
        commandID = try members.optional("command_id")
        host = try members.optional("host")
        lockID = try members.optional("lock_id")
        if let number: Int = try members.optional("pid") {
            guard let pid = Int32(exactly: number) else { throw members.invalid("pid", "\(number) is not a process") }
            self.pid = pid
        }
        processStarted = try (members.optional("process_started") as Int?).map { Int64($0) }
        since = try members.optional("since")
        step = try members.optional("step")
        user = try members.optional("user")
    }
}
