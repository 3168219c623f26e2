import OperatingSystem

/// The log of one document, open for appending; its owner must hold the document's lock.
struct OpenLog: ~Copyable {
    private let folder: Folder
    private let file: OpenFile
    private let identity: FileIdentity
    /// The offset behind the newest line.
    private(set) var end: Int
    /// The file's size: `end` and the padding behind it.
    private var size: Int
    private(set) var newest: LogLine
    private var states: Int?
    /// Whether the system could not confirm a save: this descriptor takes no further one, because the page cache may hold
    /// what the disk does not (Rebello et al., "Can Applications Recover from fsync Failures?").
    private(set) var isDoubtful = false
    /// Whether a write was cut short and what it left could not be blanked yet.
    private var isTorn = false

    /// Blanks that are written ahead, in the same write as the line that no longer fits: a file that grows costs a commit
    /// of the file system's journal each time.
    #if canImport(Darwin)
        static let padding = 0
    #else
        static let padding = 16 << 10
    #endif
    /// A longer line is not padded (bytes).
    static let paddedLimit = 256 << 10

    /// Takes over a log that was read to its end.
    init(_ folder: Folder, _ file: consuming OpenFile, newest: LogLine, end: Int, states: Int?) throws(SystemError) {
        let identity = try file.identity()
        self.folder = folder
        self.file = file
        self.identity = identity
        self.newest = newest
        self.end = end
        self.states = states
        size = identity.size
    }

    /// Begins the log anew with these lines, durably: the file is complete before it has the log's name.
    ///
    /// - Parameters:
    ///   - lines: one or more lines, without the last one's newline.
    ///   - newest: the last of them.
    ///   - states: how many they are.
    ///   - keepingOld: whether the log that is there becomes the newest rotated one.
    init(
        _ folder: Folder, beginningWith lines: [UInt8], newest: LogLine, states: Int?, keepingOld: Bool
    ) throws(SystemError) {
        let temporary = ".\(DocumentPlace.logName).\(UInt32.random(in: .min ... .max)).tmp"
        let text = lines + [UInt8(ascii: "\n")]
        let file = try folder.open(temporary, .createNew)
        do throws(SystemError) {
            try file.overwrite(text + Self.padding(behind: text.count, newest))
            try file.synchronize()
            if keepingOld { try LogRotation.keepCurrent(in: folder) }
            try folder.rename(temporary, to: DocumentPlace.logName)
        } catch {
            _ = try? folder.remove(temporary)
            throw error
        }
        try self.init(folder, file, newest: newest, end: text.count, states: states)
        do {
            try folder.synchronize()
        } catch {
            isDoubtful = true
        }
    }

    /// The blanks that follow a line which ends at `end`, up to the end of a block.
    private static func padding(behind end: Int, _ line: LogLine) -> [UInt8] {
        guard padding > 0, line.bytes.count <= paddedLimit else { return [] }
        let total = (end + padding + 4095) / 4096 * 4096 - end
        return [UInt8](repeating: 32, count: total - 1) + [UInt8(ascii: "\n")]
    }

    /// What keeps a save from beginning.
    enum Obstacle: Error {
        case system(SystemError)
        /// The log is another file, or its end is not what this process wrote.
        case changed(String)
        case noSpace(available: Int, needed: Int)
        case notWritable(SystemError)
    }

    /// Makes sure that the log is the file that was opened and ends with the line that was written last.
    func check() throws(Obstacle) {
        let named: FileIdentity?
        let found: [UInt8]
        let last = newest.bytes
        do throws(SystemError) {
            named = try folder.identity(of: DocumentPlace.logName)
            found = try file.read(from: end - last.count - 1, limit: last.count + 33)
        } catch {
            throw .system(error)
        }
        guard let named, named.isSameFile(as: identity) else { throw .changed("was removed or replaced") }
        guard named.size == size else { throw .changed("has \(named.size) bytes and not \(size)") }
        // The line itself and not its checksum, which would not notice a read beside a write.
        guard found.starts(with: last), isTorn || found.dropFirst(last.count).allSatisfy(LogTail.isBlank) else {
            throw .changed("does not end with the line that was written last")
        }
    }

    /// Whether a line of so many bytes belongs into a new file.
    func isFull(for count: Int, _ retention: LogRetention) -> Bool {
        end + count + 1 > retention.fileSize || retention.statesPerFile.map { (states ?? 0) >= $0 } == true
    }

    /// Writes the line behind all others and makes it durable: once with the system's word, the save is done.
    mutating func append(_ line: LogLine) throws(Obstacle) {
        try blankTorn()
        var text = line.bytes + [UInt8(ascii: "\n")]
        let count = text.count
        if end + count > size {
            text += Self.padding(behind: end + count, line)
            try checkSpace(for: end + text.count - size)
        }
        do throws(SystemError) {
            try file.overwrite(text, at: end)
        } catch {
            isTorn = true
            try? blankTorn()
            throw .system(error)
        }
        size = max(size, end + text.count)
        end += count
        newest = line
        states = states.map { $0 + 1 }
        do {
            try file.synchronizeData()
        } catch {
            isDoubtful = true
        }
    }

    private mutating func blankTorn() throws(Obstacle) {
        guard isTorn else { return }
        do throws(SystemError) {
            let now = try file.identity().size
            if now > size { try file.truncate(to: size) }
            if end < size { try file.overwrite([UInt8](repeating: 32, count: size - end), at: end) }
        } catch {
            throw .system(error)
        }
        isTorn = false
    }

    private func checkSpace(for needed: Int) throws(Obstacle) {
        // Where the system does not say how much there is, the write will.
        guard let (available, block) = (try? folder.space()) ?? nil else { return }
        let needed = (needed + block - 1) / block * block
        guard available < needed else { return }
        throw .noSpace(available: available, needed: needed)
    }
}
