package import OperatingSystem

/// Where the log of one document is, and how much of it is kept.
package struct DocumentPlace: Sendable {
    /// The folder's absolute path.
    package let path: String
    /// The name by which messages call the document.
    package let name: String
    package let retention: LogRetention
    /// What only a document that was saved leaves in the folder, beside the store's own files: folders that are not empty
    /// and locks that are held.
    package let traces: [String]
    /// Reads a document of an earlier version of the store.
    package let earlier: EarlierVersion
    /// Whether a line is kept longer than others.
    package let isLasting: @Sendable (LogLine) -> Bool

    package init(
        path: String, name: String, retention: LogRetention = LogRetention(), traces: [String] = [],
        earlier: EarlierVersion = EarlierVersion(),
        isLasting: @escaping @Sendable (LogLine) -> Bool = { _ in true }
    ) {
        self.path = path
        self.name = name
        self.retention = retention
        self.traces = traces
        self.earlier = earlier
        self.isLasting = isLasting
    }

    package static let logName = "history.jsonl"
    package static let checkpointName = "state.json"
    package static let lockName = "state.json.lock"
    /// A list of the folders in which records of the document may be.
    package static let recordsName = "records"

    /// Whether a name in the folder is one that a store makes, of any version.
    package static func isOwn(_ name: String) -> Bool {
        name.hasPrefix(checkpointName) || name.hasPrefix(logName) || isTemporary(name) || name == recordsName
            || name == "backups" || name.hasPrefix("backups.")
    }

    package static func isTemporary(_ name: String) -> Bool {
        [".state.", ".\(logName).", ".\(recordsName)."].contains(where: name.hasPrefix)
            && name.hasSuffix(".tmp")
    }

    package var logPath: String { "\(path)/\(Self.logName)" }
    package var checkpointPath: String { "\(path)/\(Self.checkpointName)" }
    package var lockPath: String { "\(path)/\(Self.lockName)" }

    /// The folder; `nil` when there is none.
    package func folder() throws(StoreError) -> Folder? {
        do {
            return try Folder(path)
        } catch {
            if error.isNotFound { return nil }
            throw readError(error)
        }
    }

    /// An error of reading, put down to the file that it is about.
    package func readError(_ error: SystemError) -> StoreError {
        StoreError(
            .cannotRead,
            "\(error.subject) cannot be read: \(error.reasonAndWayOut()) Nothing was changed.", path: error.subject,
            cause: error)
    }

    func writeError(_ error: SystemError, _ code: StoreError.Code = .cannotWrite) -> StoreError {
        StoreError(
            code,
            "The state of \(name) could not be saved: \(error.reason) (\(error.call) \(error.subject)). "
                + "What was stored before is untouched.\(error.wayOut().map { " \($0)" } ?? "")", path: logPath,
            cause: error)
    }

    /// The log is another file, or its end is not what this process wrote.
    func conflict(_ how: String) -> StoreError {
        StoreError(
            .conflict,
            "\(logPath) \(how) while this process held its lock. That change was left as it is and nothing was saved. "
                + "Compare it with what you expect.", path: logPath)
    }

    /// Makes sure that the disk has room for so many bytes more.
    func checkSpace(for needed: Int, in folder: Folder) throws(StoreError) {
        // Where the system does not say how much there is, the write will.
        guard let (available, block) = (try? folder.space()) ?? nil else { return }
        let needed = (needed + block - 1) / block * block
        guard available < needed else { return }
        throw StoreError(
            .insufficientSpace(available: available, needed: needed),
            "The state of \(name) could not be saved: No space left on device: it needs \(needed) bytes, and the disk of "
                + "\(path) has \(available) left. What was stored before is untouched. Free some space on its disk.",
            path: logPath)
    }
}

/// How a folder of an earlier version of the store is recognized; the store itself knows only its own form.
package struct EarlierVersion: Sendable {
    /// What an earlier version stored in the folder, whose checkpoint has this text; `nil` when that is no such document, or
    /// not whole.
    package let find: @Sendable (_ checkpoint: [UInt8], Folder) -> Evidence.Earlier?
    /// Whether a checkpoint is the document of an earlier version that this line continues.
    package let isContinued: @Sendable (_ checkpoint: [UInt8], _ by: LogLine) -> Bool

    package init(
        find: @escaping @Sendable (_ checkpoint: [UInt8], Folder) -> Evidence.Earlier? = { _, _ in nil },
        isContinued: @escaping @Sendable (_ checkpoint: [UInt8], _ by: LogLine) -> Bool = { _, _ in false }
    ) {
        self.find = find
        self.isContinued = isContinued
    }
}

/// How much of a document's past is kept.
public struct LogRetention: Hashable, Sendable {
    /// The log begins a new file when it would be larger than this (bytes).
    public var fileSize: Int
    /// The log begins a new file when it holds this many states; `nil` for no limit.
    public var statesPerFile: Int?
    /// What all files of the log may take together (bytes).
    ///
    /// Beyond it the oldest files lose first the states between
    /// lasting ones and then all.
    public var totalSize: Int

    /// Describes a retention.
    ///
    /// - Parameters:
    ///   - fileSize: when the log begins a new file (bytes).
    ///   - statesPerFile: the number of states after which it begins one; `nil` for no limit.
    ///   - totalSize: what all files of the log may take together (bytes).
    public init(fileSize: Int = 8 << 20, statesPerFile: Int? = nil, totalSize: Int = 50 << 20) {
        self.fileSize = max(1, fileSize)
        self.statesPerFile = statesPerFile.map { max(1, $0) }
        self.totalSize = max(0, totalSize)
    }
}
