public import EnvironmentDomain
import OperatingSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The text in the lock file: one JSON object, padded with spaces to a fixed size so that one write replaces it.
enum LockRecord {
    private static let size = 1024

    static func bytes(_ holder: LeaseHolder) -> [UInt8] {
        // Without a coder, which takes ten times as long: every lease writes one.
        var record: [UInt8] = []
        record.reserveCapacity(size)
        func add(_ key: LeaseHolder.CodingKeys, _ json: String?) {
            guard let json else { return }
            record += (record.isEmpty ? "{\"" : ",\"").utf8
            record += key.rawValue.utf8
            record += "\":".utf8
            record += json.utf8
        }
        add(.bootID, holder.bootID?.quotedAsJSON)
        add(.command, holder.command?.rawValue.quotedAsJSON)
        add(.commandID, holder.commandID?.text.quotedAsJSON)
        add(.host, holder.host?.quotedAsJSON)
        add(.lockID, holder.lockID?.text.quotedAsJSON)
        add(.pid, holder.pid.map { String($0) })
        add(.processStarted, holder.processStarted.map { String($0) })
        add(.since, holder.since?.text.quotedAsJSON)
        add(.step, holder.step?.text.quotedAsJSON)
        add(.user, holder.user?.quotedAsJSON)
        record += (record.isEmpty ? "{}" : "}").utf8
        guard record.count < size else { return [UInt8](repeating: 32, count: size) }
        record += [UInt8](repeating: 32, count: size - record.count - 1) + [UInt8(ascii: "\n")]
        return record
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
        try? JSONDecoder().decode(LeaseHolder.self, from: Data(bytes))
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
