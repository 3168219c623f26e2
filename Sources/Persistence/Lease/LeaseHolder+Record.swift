public import EnvironmentDomain
import JSONText
import OperatingSystem

/// What a lock says of its holder: one JSON object.
extension LeaseHolder {
    /// Reads a record; `nil` for empty, torn and foreign text: nobody has said who holds the lock.
    package init?(record: [UInt8]) {
        guard let holder = try? JSONTextDecoder().decode(LeaseHolder.self, from: record) else { return nil }
        self = holder
    }

    /// The record.
    package var record: [UInt8] {
        var writer = JSONWriter(reserving: 512)
        // A holder is nothing but texts and numbers; what cannot be written leaves an empty record.
        guard (try? write(to: &writer)) != nil else { return Array("{}".utf8) }
        return writer.bytes
    }
}

extension LeaseHolder {
    /// Describes this process as a holder, from now on and with a new lock id; for those who write a repository.
    public static func thisProcess(command: CommandName? = nil, run: CommandRun? = nil) -> LeaseHolder {
        LeaseHolder(
            lockID: .random(), pid: ThisProcess.identifier, host: ThisProcess.hostName,
            bootID: ThisProcess.bootIdentifier, processStarted: ThisProcess.startTime, user: ThisProcess.userName,
            command: command, commandID: run?.id, since: .now())
    }

    /// Whether the record is certainly of a process that has ended on this machine; false when that cannot be known.
    public var isKnownToBeGone: Bool {
        guard host == ThisProcess.hostName, let pid, pid > 0 else { return false }
        let bootNow = ThisProcess.bootIdentifier
        if let bootID, !bootID.isEmpty, !bootNow.isEmpty, bootID != bootNow { return true }
        guard let started = ThisProcess.startTime(of: pid) else { return true }
        // What the system did not show, then or now, proves nothing.
        guard let processStarted, processStarted > 0, started > 0 else { return false }
        return processStarted != started
    }
}
