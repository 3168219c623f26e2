import DocumentStore
public import EnvironmentDomain
import JSONText
import OperatingSystem
import Synchronization

/// The records of documents that could not be saved, in a folder outside the repository; for those who write a repository.
public struct EmergencyRecords: Sendable {
    /// The folder's absolute path.
    let path: String
    /// The place for when `path` is as full or as read-only as the data folder.
    ///
    /// The temporary folder is everybody's, so this is one for each user.
    private let alternative: String

    /// - Parameter folder: where the records are kept; `nil` for the user's state folder
    ///   (`$XDG_STATE_HOME/typed-environments/emergency`, else under `~/.local/state`, else the temporary folder).
    public init(folder: String? = nil) {
        alternative = "\(ThisProcess.temporaryFolder)/typed-environments-\(ThisProcess.userIdentifier)/emergency"
        // A relative path that leads nowhere, since the current folder is gone, cannot be used, and keeping says so.
        path =
            folder.map { (try? absolutePath($0)) ?? $0 }
            ?? StateFolder.path(of: "typed-environments").map { $0 + "/emergency" } ?? alternative
    }

    // MARK: Keeping

    private static let beginMark = "----- BEGIN UNSAVED STATE -----"
    private static let endMark = "----- END UNSAVED STATE -----"

    /// Writes the record of a document in a folder durably and returns its path.
    ///
    /// Where no record can be written, the document is printed on standard error between two marker lines.
    func keep(_ line: LogLine, of name: String, in home: String?) throws(RepositoryError) -> String {
        let path: String
        do throws(SystemError) {
            path = try keepAnywhere(line, "\(name).\(line.serial)\(Self.mark(of: home))")
        } catch {
            StandardStream.error.write(
                "\(Self.beginMark)\n\(String(decoding: line.pretty, as: UTF8.self))\(Self.endMark)\n")
            throw RepositoryError(
                .writeStateFailed,
                "The emergency record of \(name) could not be written in \(self.path) either: \(error.reason). The state is "
                    + "printed on standard error; put what is between the two marker lines into a file, and recover it "
                    + "from there.", path: self.path, cause: error)
        }
        EnvironmentLog.log(.warning, "emergency record written", ["path": path])
        return path
    }

    /// A part of a record's name that tells documents of one name in several folders apart.
    private static func mark(of home: String?) -> String {
        home.map { ".\(Checksum(of: Array($0.utf8)).digits)" } ?? ""
    }

    private func keepAnywhere(_ line: LogLine, _ name: String) throws(SystemError) -> String {
        do throws(SystemError) {
            // Root makes nothing in another user's home, which `sudo` may have left in the variables.
            guard try Folder.nearest(to: path).ownerBesideRoot() == nil else { throw SystemError.notOwned(path) }
            return try Self.keep(line, name, in: Folder.making(path))
        } catch  where path != alternative {
            EnvironmentLog.log(
                .warning, "the emergency folder cannot be used; the temporary folder is used instead",
                ["path": path, "reason": error.description])
            return try Self.keep(line, name, in: Folder.making(alternative))
        }
    }

    private static func keep(_ line: LogLine, _ name: String, in folder: Folder) throws(SystemError) -> String {
        try folder.checkOwned()
        var fileName = "\(name).json"
        if try folder.identity(of: fileName) != nil, lineage(of: fileName, in: folder) != line.lineage {
            fileName = "\(name).\(line.lineage.prefix(8)).json"
        }
        try folder.put(line.pretty, at: fileName)
        return folder.path(of: fileName)
    }

    // MARK: Finding

    /// Notes in a document's folder where its records would go, so that a process of another user or with another home
    /// finds them.
    func note(in folder: Folder) {
        let places = Self.places(notedIn: folder)
        guard !places.contains(path) else { return }
        do {
            try folder.put(Array((places + [path]).map { $0 + "\n" }.joined().utf8), at: DocumentPlace.recordsName)
        } catch {
            EnvironmentLog.log(
                .debug, "the place of emergency records could not be noted",
                ["path": folder.path, "reason": error.description])
        }
    }

    private static func places(notedIn folder: Folder) -> [String] {
        guard let text = try? folder.open(DocumentPlace.recordsName, .read).read(limit: 64 << 10) else { return [] }
        return String(decoding: text, as: UTF8.self).textLines.filter { $0.begins(with: "/") }
    }

    /// The records of documents of that name, in every place that is known.
    ///
    /// - Parameter home: the document's folder.
    func records(of name: String, in home: String?) -> [Evidence.Record] {
        let noted = home.flatMap { try? Folder($0) }.map(Self.places) ?? []
        return Set([path, alternative] + noted).sorted().flatMap { path -> [Evidence.Record] in
            do throws(SystemError) {
                let folder = try Folder(path)
                return try folder.names().compactMap { Self.record($0, of: name, in: home, folder) }
            } catch {
                if !error.isNotFound { Self.warn(of: path, error) }
                return []
            }
        }
    }

    /// The folders that were warned of in this process.
    private static let known = Mutex<Set<String>>([])

    private static func warn(of path: String, _ error: SystemError) {
        guard known.withLock({ $0.insert(path).inserted }) else { return }
        EnvironmentLog.log(
            .warning, "emergency records cannot be read: a newer state may be among them",
            ["path": path, "reason": error.reason])
    }

    private static func record(
        _ fileName: String, of name: String, in home: String?, _ folder: Folder
    ) -> Evidence.Record? {
        guard fileName.begins(with: name + "."), fileName.ends(with: ".json") else { return nil }
        let parts = String(decoding: fileName.utf8.dropFirst(name.utf8.count + 1).dropLast(5), as: UTF8.self).parts(
            at: ".")
        guard let serial = parts.first.flatMap({ Int($0) }), LogLine.serials.contains(serial),
            let lineage = lineage(of: fileName, in: folder)
        else { return nil }
        // Version 1 did not say whose a record is.
        let isElsewhere = parts.count > 1 && ".\(parts[1])" != mark(of: home)
        return Evidence.Record(
            path: folder.path(of: fileName), serial: serial, lineage: lineage, isElsewhere: isElsewhere)
    }

    /// The lineage that a record claims, whatever kind of document it holds.
    private static func lineage(of fileName: String, in folder: Folder) -> String? {
        guard let bytes = try? folder.open(fileName, .read).read(limit: LogTail.sizeLimit) else { return nil }
        return try? JSONDocument(bytes).root["lineage"]?.string()
    }

    // MARK: Reading

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
                path: path, cause: (error as? Damage)?.cause ?? error)
        }
    }

    // MARK: Deciding

    /// Whether a record is that of a line.
    static func holds(_ record: Evidence.Record, _ line: LogLine) -> Bool {
        (try? OpenFile(record.path, .read).read(limit: LogTail.sizeLimit)).flatMap { LogLine(pretty: $0) } == line
    }

    /// Removes a record that the log contains now, or whose document was removed.
    static func remove(_ record: Evidence.Record) {
        do throws(SystemError) {
            let folder = try Folder(parentPath(of: record.path) ?? "/")
            guard try folder.remove(lastComponent(of: record.path)) else { return }
            EnvironmentLog.log(.info, "emergency record removed: it is decided", ["path": record.path])
        } catch {
            // It stays, and is older than what is stored from now on.
            EnvironmentLog.log(
                .warning, "an emergency record that is decided could not be removed",
                ["path": record.path, "reason": error.reason])
        }
    }

    /// Gives a record another name, which is that of no record.
    static func setAside(_ record: Evidence.Record) throws(SystemError) {
        let folder = try Folder(parentPath(of: record.path) ?? "/")
        let aside = try folder.setAside(lastComponent(of: record.path), ending: ".declined")
        try folder.synchronize()
        EnvironmentLog.log(.info, "emergency record declined", ["path": aside])
    }
}

extension Evidence.Record {
    /// Whether the record is the file at that path.
    func isAt(_ path: String) -> Bool { self.path == (try? absolutePath(path)) ?? path }
}
