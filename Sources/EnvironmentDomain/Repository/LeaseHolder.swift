/// Who holds an environment's lock, as the holder wrote it down: for people and messages, and never for deciding
/// whether the lock is free.
///
/// What is unknown is nil.
public struct LeaseHolder: Codable, Hashable, Sendable {
    public var lockID: LockID?
    public var pid: Int32?
    public var host: String?
    /// Tells one boot of the host from another.
    public var bootID: String?
    /// When the process started, in a unit of the system's own; tells a process from a later one with the same number.
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

    package enum CodingKeys: String, CodingKey {
        case lockID = "lock_id"
        case pid, host
        case bootID = "boot_id"
        case processStarted = "process_started"
        case user, command
        case commandID = "command_id"
        case step, since
    }
}

extension LeaseHolder: CustomStringConvertible {
    /// For example `process 4711 (provision, step create_instance, user me, host build-1, since 2026-…)`.
    public var description: String {
        guard let pid, pid > 0 else { return "a process that has not said who it is" }
        let details = [
            command?.rawValue, step.map { "step \($0)" }, user.map { "user \($0)" }, host.map { "host \($0)" },
            since.map { "since \($0)" },
        ].compactMap(\.self)
        return details.isEmpty ? "process \(pid)" : "process \(pid) (\(details.joined(separator: ", ")))"
    }
}
