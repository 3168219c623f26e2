public import EnvironmentDomain
import JSONText
import OperatingSystem

/// A log of elements in a file that grows at its end, one JSON line each; any number of processes append to it.
///
/// An append costs the same whatever the length of the log, and its line is there as a whole. The file is readable by
/// its owner only.
public struct AppendLog<Element: Codable & Sendable>: Sendable {
    public let folder: AbsolutePath
    /// The file's name.
    public let name: String
    /// When the log begins a new file; nil for never.
    public let rotation: LogRotation?
    /// How long after the newest element the log is as good as empty; nil for ever.
    public let timeToLive: Duration?
    /// How long to wait for another process that appends.
    public let lockTimeout: Duration
    private let isDurable: Bool
    private let now: @Sendable () -> Timestamp

    /// Describes a log; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: the folder for the file; made with mode 0700 by the first append.
    ///   - name: the file's name; `NAME.lock` and, with a rotation, `NAME.1` and so on stand beside it.
    ///   - rotation: when the log begins a new file, and how many of the older ones are kept; nil for never.
    ///   - timeToLive: how long after the newest element the whole log is forgotten; nil for never. Counted in seconds.
    ///   - isDurable: whether an element that was appended survives a power cut, which costs an fsync each.
    ///   - lockTimeout: how long to wait for another process that appends.
    ///   - now: the clock that the time to live is measured with.
    public init(
        folder: AbsolutePath, name: String, rotation: LogRotation? = LogRotation(), timeToLive: Duration? = nil,
        isDurable: Bool = true, lockTimeout: Duration = .seconds(10),
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        precondition(!name.isEmpty && !name.has("/") && name != "." && name != "..", "the name is that of a file")
        self.folder = folder
        self.name = name
        self.rotation = rotation
        self.timeToLive = timeToLive
        self.isDurable = isDurable
        self.lockTimeout = lockTimeout
        self.now = now
    }

    /// What a log holds.
    public struct Contents: Sendable {
        /// The elements that can be read, the oldest first.
        public let elements: [Element]
        /// The lines that cannot be read.
        public let damaged: [DamagedLine]
    }

    /// Adds an element behind all others.
    ///
    /// - Throws: `RepositoryError` with `serializationFailed`, `lockAcquisitionFailed`, `lockUnusable`, `cancelled`,
    ///   `directoryCreationFailed` or `writeStateFailed`; the log is as it was.
    public func append(_ element: Element) async throws(RepositoryError) {
        let line: [UInt8]
        do {
            line = try JSONTextEncoder(style: .sortedNames).encode(element)
        } catch {
            throw RepositoryError(
                .serializationFailed, "An element for \(path) cannot be written as JSON: \(error).", path: path,
                cause: error)
        }
        try await withLock { file throws(SystemError) in
            if try isExpired(file) { try file.remove() }
            try file.append(line, synchronizing: isDurable)
        }
    }

    /// Reads the log; a line that cannot be read is skipped with a warning.
    ///
    /// Takes no lock and creates nothing. What is not there is empty.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`.
    public func read() throws(RepositoryError) -> Contents {
        let lines: [LineFile.Line]
        do throws(SystemError) {
            let file = file(in: try Folder(folder.text))
            lines = try isExpired(file) ? [] : try file.lines()
        } catch {
            guard error.isNotFound else {
                throw RepositoryError(
                    .readStateFailed, "\(path) cannot be read: \(error.reasonAndWayOut())", path: path, cause: error)
            }
            lines = []
        }
        var elements: [Element] = []
        var damaged: [DamagedLine] = []
        for line in lines where !line.text.isEmpty {
            do {
                elements.append(try JSONTextDecoder().decode(Element.self, from: Array(line.text)))
            } catch {
                damaged.append(DamagedLine(file: line.file, number: line.number))
                EnvironmentLog.log(
                    .warning, "a damaged line is skipped",
                    ["path": "\(folder)/\(line.file)", "line": "\(line.number)", "reason": Damage(error).description])
            }
        }
        return Contents(elements: elements, damaged: damaged)
    }

    /// Removes the log's files; one that is not there is no error.
    public func remove() async throws(RepositoryError) {
        try await withLock { file throws(SystemError) in
            try file.remove()
            try file.folder.synchronize()
        }
    }

    private var path: String { "\(folder)/\(name)" }

    private func file(in folder: Folder) -> LineFile { LineFile(folder: folder, name: name, rotation: rotation) }

    private func isExpired(_ file: LineFile) throws(SystemError) -> Bool {
        guard let timeToLive, let status = try file.folder.status(of: name) else { return false }
        return now().since(Timestamp(millisecondsSince1970: Int64(status.modified) * 1000)) > timeToLive
    }

    private func withLock(_ body: (LineFile) throws(SystemError) -> Void) async throws(RepositoryError) {
        let folder: Folder
        do {
            folder = try Folder.making(self.folder.text)
            NetworkFileSystem.notice(folder)
        } catch {
            throw RepositoryError(
                .directoryCreationFailed,
                "The folder \(self.folder) cannot be made or opened: \(error.reasonAndWayOut())",
                path: self.folder.text, cause: error)
        }
        let lock: FileLock?
        do {
            lock = try await FileLock.acquire("\(name).lock", in: folder, timeout: lockTimeout)
        } catch is CancellationError {
            throw RepositoryError(.cancelled, "Stopped while waiting for \(path); nothing was changed.", path: path)
        } catch {
            throw RepositoryError(
                .lockUnusable, "The lock file \(path).lock cannot be used: \(error).", path: path, cause: error)
        }
        guard let lock else {
            throw RepositoryError(
                .lockAcquisitionFailed,
                "Another process kept \(path) for \(lockTimeout.seconds) s; nothing was changed.", path: path)
        }
        defer {
            // Closing the file frees the lock as well.
            try? lock.release()
        }
        do {
            try body(file(in: folder))
        } catch {
            throw RepositoryError(
                .writeStateFailed, "\(path) could not be written: \(error.reasonAndWayOut())", path: path, cause: error)
        }
    }
}

/// A line of a log that cannot be read.
public struct DamagedLine: Hashable, Sendable {
    /// The name of the file.
    public let file: String
    /// 1 for the file's first line.
    public let number: Int
}
