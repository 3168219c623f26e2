import EnvironmentDomain
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let record = try? encoder.encode(holder), record.count < size else {
            return [UInt8](repeating: 32, count: size)
        }
        return Array(record) + [UInt8](repeating: 32, count: size - record.count - 1) + [UInt8(ascii: "\n")]
    }

    /// Reads who holds the lock.
    ///
    /// Empty, torn and foreign text means that nobody has said so.
    static func read(_ name: String, in folder: Folder) -> LeaseHolder? {
        guard let file = try? folder.open(name, .read), let bytes = try? file.read(limit: size) else { return nil }
        return read(bytes)
    }

    static func read(_ bytes: [UInt8]) -> LeaseHolder? {
        try? JSONDecoder().decode(LeaseHolder.self, from: Data(bytes))
    }
}

extension LeaseHolder {
    static func thisProcess(command: CommandName, run: CommandRun) -> LeaseHolder {
        LeaseHolder(
            lockID: .random(), pid: ThisProcess.identifier, host: ThisProcess.hostName,
            bootID: ThisProcess.bootIdentifier, processStarted: ThisProcess.startTime, user: ThisProcess.userName,
            command: command, commandID: run.id, since: .now())
    }

    /// Whether the record is certainly of a process that has ended on this machine; false when that cannot be known.
    var isKnownToBeGone: Bool {
        guard host == ThisProcess.hostName, let pid, pid > 0 else { return false }
        if let bootID, bootID != ThisProcess.bootIdentifier { return true }
        guard let started = ThisProcess.startTime(of: pid) else { return true }
        return processStarted != nil && processStarted != started
    }
}
