public import EnvironmentDomain
import OperatingSystem

/// The records of environments that could not be saved, in a folder outside the repository; for those who write a
/// repository.
public struct EmergencyRecords: Sendable {
    private let folder: EmergencyFolder

    /// - Parameter folder: where the records are kept; nil for the user's state folder
    ///   (`$XDG_STATE_HOME/typed-environments/emergency`, else under `~/.local/state`, else the temporary folder).
    public init(folder: String? = nil) {
        self.folder = EmergencyFolder(folder)
    }

    /// Writes a record durably and gives back its path.
    ///
    /// - Throws: `RepositoryError` with `writeStateFailed`.
    public func keep(_ stored: StoredEnvironment) throws(RepositoryError) -> String {
        let text = try EnvironmentDocument.text(of: stored)
        do {
            let path = try folder.keep(
                text, name: stored.document.name.text, serial: stored.serial, lineage: stored.lineage)
            EnvironmentLog.log(.warning, "emergency record written", ["path": path])
            return path
        } catch {
            throw RepositoryError(
                .writeStateFailed,
                "The emergency record could not be written in \(folder.path) either: \(error.reason).",
                path: folder.path, cause: error)
        }
    }

    /// Reads a record.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`, `corruptedStateFile` or `recordRefused`, the last for a
    ///   record of another environment.
    public static func read(_ path: String, of name: EnvironmentName) throws(RepositoryError) -> StoredEnvironment {
        let record: StoredEnvironment
        do {
            let bytes = try OpenFile(path, .read).read(
                limit: DocumentFormat<AnyEnvironmentState>.sizeLimit)
            record = try EnvironmentDocument.format.decode(bytes)
        } catch let error as SystemError {
            throw RepositoryError(
                .readStateFailed, "The record \(path) cannot be read: \(error.reasonAndWayOut()) Nothing was changed.",
                path: path, cause: error)
        } catch {
            throw RepositoryError(
                .corruptedStateFile, "The record \(path) cannot be brought in: it \(error). Nothing was changed.",
                path: path, cause: error)
        }
        guard record.document.name == name else {
            throw RepositoryError(
                .recordRefused,
                "\(path) is of the environment \(record.document.name) and not of \(name); nothing was changed.",
                path: path)
        }
        return record
    }

    /// The path of the newest record of an environment that is newer than what is stored; nil when there is none.
    public func newest(of name: EnvironmentName, lineage: Lineage, after serial: Int) -> String? {
        folder.newest(name: name.text, lineage: lineage, after: serial)
    }

    /// Removes the records that a save has made needless.
    ///
    /// - Returns: whether there are newer ones.
    @discardableResult
    public func discard(of name: EnvironmentName, lineage: Lineage, upTo serial: Int) -> Bool {
        folder.discard(name: name.text, lineage: lineage, upTo: serial)
    }
}
