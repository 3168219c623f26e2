import DocumentStore
public import EnvironmentDomain
import OperatingSystem

/// The records of environments that could not be saved, in a folder outside the repository; for those who write a
/// repository.
public struct EmergencyRecords: Sendable {
    let folder: EmergencyFolder

    /// - Parameter folder: where the records are kept; `nil` for the user's state folder
    ///   (`$XDG_STATE_HOME/typed-environments/emergency`, else under `~/.local/state`, else the temporary folder).
    public init(folder: String? = nil) {
        self.folder = EmergencyFolder(folder)
    }

    /// Reads a record, a checkpoint, a backup of version 1, or the newest whole line of a log.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`, `corruptedStateFile` or `recordRefused`, the last for a
    ///   record of another environment.
    public static func read(_ path: String, of name: EnvironmentName) throws(RepositoryError) -> StoredEnvironment {
        let record = try read(path, EnvironmentDocument.format)
        guard record.document.name == name else {
            throw RepositoryError(
                .recordRefused,
                "\(path) is of the environment \(record.document.name) and not of \(name); nothing was changed.",
                path: path)
        }
        return record
    }

    static func read<Document>(
        _ path: String, _ format: LineFormat<Document>
    ) throws(RepositoryError) -> StoredDocument<Document> {
        do {
            let file = try OpenFile(path, .read)
            if let line = try LogTail(file).newest { return try format.read(line) }
            let bytes = try file.read(limit: LogTail.sizeLimit)
            if let line = LogLine(pretty: bytes) { return try format.read(line) }
            return try VersionOne(format: format).decode(bytes)
        } catch let error as SystemError {
            throw RepositoryError(
                .readStateFailed, "The record \(path) cannot be read: \(error.reasonAndWayOut()) Nothing was changed.",
                path: path, cause: error)
        } catch {
            throw RepositoryError(
                .corruptedStateFile, "The record \(path) cannot be recovered: it \(error). Nothing was changed.",
                path: path, cause: error)
        }
    }
}
