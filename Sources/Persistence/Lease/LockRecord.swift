public import EnvironmentDomain
import JSONText
import OperatingSystem

/// The text in the lock file: one JSON object.
enum LockRecord {
    static func bytes(_ holder: LeaseHolder) -> [UInt8] {
        var writer = JSONWriter(reserving: 512)
        // A holder is nothing but texts and numbers; what cannot be written leaves an empty record.
        guard (try? holder.write(to: &writer)) != nil else { return Array("{}".utf8) }
        return writer.bytes
    }

    /// Whether a lock file holds a record, or what is left of one that a crash or a power cut left torn.
    static func isRecord(_ bytes: [UInt8]) -> Bool {
        let start = Array("{\"boot_id\":".utf8)
        return bytes.starts(with: start)
            || bytes.allSatisfy { $0 == 0 || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            || start.starts(with: bytes)
    }

    /// Reads who holds the lock; empty, torn and foreign text means that nobody has said so.
    static func read(_ bytes: [UInt8]) -> LeaseHolder? {
        try? JSONTextDecoder().decode(LeaseHolder.self, from: bytes)
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
