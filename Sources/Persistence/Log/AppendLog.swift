import DocumentStore
public import EnvironmentDomain
import JSONText
import OperatingSystem

/// A log of messages in a file that grows at its end, one JSON line each; any number of processes append to it.
///
/// An append costs the same whatever the length of the log, and its line is there as a whole. The file is readable by
/// its owner only.
public struct AppendLog<Message: Codable & Sendable>: MessageLog {
    public let folder: AbsolutePath
    /// The file's name.
    public let name: String
    /// When the log begins a new file; nil for never.
    public let rotation: LogRotation?
    /// How long after the newest message the log is as good as empty; nil for ever.
    public let timeToLive: Duration?
    /// How long to wait for another process that appends.
    public let lockTimeout: Duration
    private let isDurable: Bool
    private let now: @Sendable () -> Timestamp

    /// Describes a log; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: the folder for the file; made with mode 0700 by the first append.
    ///   - name: the file's name; `NAME.lock` and, with a rotation, `NAME.1` and so on are beside it.
    ///   - rotation: when the log begins a new file, and how many of the older ones are kept; nil for never.
    ///   - timeToLive: how long after the newest message the whole log is forgotten; nil for never. Counted in seconds.
    ///   - isDurable: whether a message that was appended survives a power cut, which costs an fsync each.
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

    /// Adds messages behind all others, in order and together.
    ///
    /// Several messages are one line, a JSON array behind a blank, so that a write that is cut short leaves none of them.
    ///
    /// - Throws: `RepositoryError` with `serializationFailed`, `lockAcquisitionFailed`, `lockUnusable`, `cancelled`,
    ///   `directoryCreationFailed` or `writeStateFailed`; the log is as it was.
    public func append(contentsOf messages: [Message]) async throws(RepositoryError) {
        let texts: [[UInt8]]
        do {
            texts = try messages.map { try JSONTextEncoder(style: .sortedNames).encode($0) }
        } catch {
            throw RepositoryError(
                .serializationFailed, "A message for \(path) cannot be written as JSON: \(error).", path: path,
                cause: error)
        }
        guard let first = texts.first else { return }
        let line =
            texts.count == 1 ? first : Array(" [".utf8) + texts.joined(separator: Array(",".utf8)) + Array("]".utf8)
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
    public func read() async throws(RepositoryError) -> MessageLogContents<Message> {
        try await withBlockingThread { () async throws(RepositoryError) in try contents() }
    }

    private func contents() throws(RepositoryError) -> MessageLogContents<Message> {
        var messages: [Message] = []
        var damaged: [DamagedMessage] = []
        do throws(SystemError) {
            let file = file(in: try Folder(folder.text))
            guard try !isExpired(file) else { return MessageLogContents(messages: []) }
            // A line that is not ended is being written, or was cut off.
            try file.files.forEachLine { line in
                guard line.isEnded else { return true }
                do {
                    messages += try decode(line.bytes)
                } catch {
                    damaged.append(DamagedMessage(file: line.place, number: line.number))
                    EnvironmentLog.log(
                        .warning, "a damaged line is skipped",
                        [
                            "path": "\(folder)/\(line.place)", "line": "\(line.number)",
                            "reason": Damage(error, in: line.bytes).description,
                        ])
                }
                return true
            }
        } catch  where !error.isNotFound {
            throw RepositoryError(
                .readStateFailed, "\(path) cannot be read: \(error.reasonAndWayOut())", path: path, cause: error)
        } catch {
            // What is not there is empty.
        }
        return MessageLogContents(messages: messages, damaged: damaged)
    }

    private func decode(_ line: [UInt8]) throws -> [Message] {
        let decoder = JSONTextDecoder()
        // Another program may have indented a single message.
        if line.starts(with: Array(" [".utf8)), let messages = try? decoder.decode([Message].self, from: line) {
            return messages
        }
        return [try decoder.decode(Message.self, from: line)]
    }

    /// Removes the log's files; one that is not there is no error.
    public func remove() async throws(RepositoryError) {
        try await withLock { file throws(SystemError) in try file.remove() }
    }

    private var path: String { "\(folder)/\(name)" }

    private func file(in folder: Folder) -> LineFile { LineFile(files: LogFiles(folder, of: name), rotation: rotation) }

    private func isExpired(_ file: LineFile) throws(SystemError) -> Bool {
        guard let timeToLive, let modified = try file.modified() else { return false }
        return now().since(Timestamp(millisecondsSince1970: Int64(modified) * 1000)) > timeToLive
    }

    private func withLock(_ body: (LineFile) throws(SystemError) -> Void) async throws(RepositoryError) {
        try await withBlockingThread { () async throws(RepositoryError) in try await lockAndChange(body) }
    }

    private func lockAndChange(_ body: (LineFile) throws(SystemError) -> Void) async throws(RepositoryError) {
        let place = DocumentPlace(path: self.folder.text, name: path)
        let log = StoreLog(place, routineLevel: .debug)
        let folder = try await blocking { () throws(StoreError) in try LogLease.makeFolder(place, log.add) }
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
