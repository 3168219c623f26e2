import EnvironmentDomain
import JSONText
import OperatingSystem

/// The folder outside the data folder in which a document is kept that could not be saved.
struct EmergencyFolder: Sendable {
    /// An absolute path.
    let path: String
    /// Where to go when `path` is as full or as read-only as the data folder.
    ///
    /// The temporary folder is everybody's, so this is one for each user.
    private let alternative: String

    /// `folder`, or else `$XDG_STATE_HOME/typed-environments/emergency`, `~/.local/state/…`, or the temporary folder.
    ///
    /// A relative path that leads nowhere, since the current folder is gone, stays as it is: ``keep(_:name:serial:lineage:)``
    /// says that it cannot be used.
    init(_ folder: String?) {
        let own = "typed-environments-\(ThisProcess.userIdentifier)/emergency"
        alternative = "\(ThisProcess.temporaryFolder)/\(own)"
        let state =
            ThisProcess.folder(in: "XDG_STATE_HOME") ?? ThisProcess.folder(in: "HOME").map { $0 + "/.local/state" }
        path =
            folder.map { (try? absolutePath($0)) ?? $0 } ?? state.map { $0 + "/typed-environments/emergency" }
            ?? alternative
    }

    /// Writes the record durably and gives back its path.
    ///
    /// A record of the same name and another lineage is kept.
    func keep(_ bytes: [UInt8], name: String, serial: Int, lineage: Lineage?) throws(SystemError) -> String {
        do throws(SystemError) {
            // Root makes nothing in another user's home, which `sudo` may have left in the variables.
            guard try Folder.nearest(to: path).ownerBesideRoot() == nil else {
                throw SystemError.notOwned(path)
            }
            return try keep(bytes, name: name, serial: serial, lineage: lineage, in: Folder.making(path))
        } catch  where path != alternative {
            warn("the emergency folder cannot be used; the temporary folder is used instead", error, path: path)
            return try keep(bytes, name: name, serial: serial, lineage: lineage, in: Folder.making(alternative))
        }
    }

    private func keep(
        _ bytes: [UInt8], name: String, serial: Int, lineage: Lineage?, in folder: Folder
    ) throws(SystemError) -> String {
        try folder.checkOwned()
        var fileName = "\(name).\(serial).json"
        if try folder.status(of: fileName) != nil, let lineage,
            Self.lineage(of: fileName, in: folder) != lineage.text
        {
            fileName = "\(name).\(serial).\(lineage.text.prefix(8)).json"
        }
        try folder.put(bytes, at: fileName)
        return folder.path(of: fileName)
    }

    /// Removes the records of an environment that a save has made needless.
    ///
    /// - Returns: whether there are newer ones.
    @discardableResult
    func discard(name: String, lineage: Lineage, upTo serial: Int) -> Bool {
        let records = records(name: name, lineage: lineage)
        for record in records where record.serial <= serial {
            if (try? record.folder.remove(record.fileName)) == true {
                EnvironmentLog.log(.info, "emergency record removed: it is saved now", ["path": record.path])
            }
        }
        return records.contains { $0.serial > serial }
    }

    /// The path of the newest record of an environment that is newer than what is stored; nil when there is none.
    func newest(name: String, lineage: Lineage, after serial: Int) -> String? {
        records(name: name, lineage: lineage).filter { $0.serial > serial }.max { $0.serial < $1.serial }?.path
    }

    /// Whether a file could be a record of an environment with that name; does not ask what is in it.
    func hasRecords(of name: String) -> Bool {
        Set([path, alternative]).contains { path in !Self.fileNames(name, in: try? Folder(path)).isEmpty }
    }

    private static func fileNames(_ name: String, in folder: Folder?) -> [String] {
        ((try? folder?.names()) ?? []).filter { $0.begins(with: name + ".") && $0.ends(with: ".json") }
    }

    private struct Record {
        let folder: Folder
        let fileName: String
        let serial: Int
        var path: String { folder.path(of: fileName) }
    }

    private func records(name: String, lineage: Lineage) -> [Record] {
        Set([path, alternative]).flatMap { path -> [Record] in
            guard let folder = try? Folder(path) else { return [] }
            return Self.fileNames(name, in: folder).compactMap { fileName in
                guard let serial = fileName.dropFirst(name.count + 1).parts(at: ".").first.flatMap({ Int($0) }),
                    Self.lineage(of: fileName, in: folder) == lineage.text
                else { return nil }
                return Record(folder: folder, fileName: fileName, serial: serial)
            }
        }
    }

    /// The lineage that a record claims, whatever kind of document it holds.
    private static func lineage(of fileName: String, in folder: Folder) -> String? {
        guard let bytes = try? folder.open(fileName, .read).read() else { return nil }
        return try? JSONDocument(bytes).root["lineage"]?.string()
    }
}
