public import EnvironmentDomain
import JSONText
import OperatingSystem

/// The text in the lock file: one JSON object, padded with spaces to a fixed size so that one write replaces it.
enum LockRecord {
    private static let size = 1024

    static func bytes(_ holder: LeaseHolder) -> [UInt8] {
        var writer = JSONWriter(reserving: size)
        guard (try? holder.write(to: &writer)) != nil else { return [UInt8](repeating: 32, count: size) }
        let record = writer.bytes
        guard record.count < size else { return [UInt8](repeating: 32, count: size) }
        return record + [UInt8](repeating: 32, count: size - record.count - 1) + [UInt8(ascii: "\n")]
    }

    /// Writes down who holds the lock.
    static func write(_ holder: LeaseHolder, to lock: FileLock) {
        do {
            try lock.file.overwrite(bytes(holder))
        } catch {
            warn(
                "the lock's record could not be written; others will not see who holds it", error, path: lock.file.path)
        }
    }

    /// Reads who holds the lock.
    ///
    /// Empty, torn and foreign text means that nobody has said so.
    static func read(_ name: String, in folder: Folder) -> LeaseHolder? {
        guard let file = try? folder.open(name, .read) else { return nil }
        return read(file)
    }

    static func read(_ file: borrowing OpenFile) -> LeaseHolder? {
        guard let bytes = try? file.read(limit: size), !bytes.isEmpty else { return nil }
        return read(bytes)
    }

    static func read(_ bytes: [UInt8]) -> LeaseHolder? {
        try? JSONTextDecoder().decode(LeaseHolder.self, from: bytes)
    }
}

extension LeaseHolder {
    /// Describes this process as a holder, from now on and with a new lock id; for those who write a repository.
    public static func thisProcess(command: CommandName, run: CommandRun) -> LeaseHolder {
        LeaseHolder(
            lockID: .random(), pid: ThisProcess.identifier, host: ThisProcess.hostName,
            bootID: ThisProcess.bootIdentifier, processStarted: ThisProcess.startTime, user: ThisProcess.userName,
            command: command, commandID: run.id, since: .now())
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
