import OperatingSystem

/// The log of one document, open for appending; its owner must hold the document's lock.
struct OpenLog: ~Copyable {
    private let place: DocumentPlace
    private let folder: Folder
    private let file: OpenFile
    private let identity: FileIdentity
    /// The offset behind the newest line.
    private var end: Int
    /// The file's size: `end` and the padding behind it.
    private var size: Int
    private(set) var newest: LogLine
    /// The number of lines; `nil` when nobody asks for it.
    private var states: Int?
    /// Whether the system could not confirm a save: this descriptor takes no further one, because the page cache may hold
    /// what the disk does not (Rebello et al., "Can Applications Recover from fsync Failures?").
    private(set) var isDoubtful = false
    /// How far a write that was cut short may have got, until what it left is blanked.
    private var tornEnd: Int?

    /// Blanks that are written ahead, in the same write as the line that no longer fits: a file that grows costs a commit
    /// of the file system's journal each time.
    #if canImport(Darwin)
        static let padding = 0
    #else
        static let padding = 16 << 10
    #endif
    /// A longer line is not padded (bytes).
    static let paddedLimit = 256 << 10

    private init(
        _ place: DocumentPlace, _ folder: Folder, _ file: consuming OpenFile, newest: LogLine, end: Int, states: Int?
    ) throws(SystemError) {
        identity = try file.identity()
        size = identity.size
        self.place = place
        self.folder = folder
        self.file = file
        self.newest = newest
        self.end = end
        self.states = states
    }

    /// Opens a log that ends with a whole line, and blanks what a crash left behind that.
    ///
    /// - Parameters:
    ///   - tail: what was found of its end under this lock.
    ///   - isRewritten: whether to write it into a new file, since the page cache may hold what the disk does not.
    init(
        _ place: DocumentPlace, _ folder: Folder, _ tail: LogTail, newest: LogLine, isRewritten: Bool,
        _ log: (StoreEvent) -> Void
    ) throws(SystemError) {
        let file = try folder.open(DocumentPlace.logName, .readWrite)
        let states = try place.retention.statesPerFile == nil ? nil : LogFiles.count(file)
        if isRewritten {
            log(.logRewritten(serial: newest.serial))
            try self.init(
                place, folder, beginningWith: file.read(limit: tail.end - 1), newest: newest, states: states,
                keepingOld: false)
            return
        }
        if tail.remainder == .torn || tail.isUnterminated {
            log(.tornLineBlanked)
            let blanks = [UInt8](repeating: 32, count: max(0, tail.size - tail.end))
            try file.overwrite([UInt8(ascii: "\n")] + blanks, at: tail.end - 1)
        }
        try self.init(place, folder, file, newest: newest, end: tail.end, states: states)
    }

    /// Begins a new log with these lines, durably: the file is complete before it has the log's name.
    ///
    /// - Parameters:
    ///   - lines: one or more lines, without the last one's newline.
    ///   - newest: the last of them.
    ///   - states: the number of lines.
    ///   - keepingOld: whether the log that is there becomes the newest rotated one.
    init(
        _ place: DocumentPlace, _ folder: Folder, beginningWith lines: [UInt8], newest: LogLine, states: Int?,
        keepingOld: Bool
    ) throws(SystemError) {
        let temporary = ".\(DocumentPlace.logName).\(UInt32.random(in: .min ... .max)).tmp"
        let text = lines + [UInt8(ascii: "\n")]
        let file = try Self.make(temporary, text + Self.padding(behind: text.count, newest), in: folder)
        do throws(SystemError) {
            if keepingOld { try OlderFiles.keepCurrent(in: folder) }
            try folder.rename(temporary, to: DocumentPlace.logName)
        } catch {
            _ = try? folder.remove(temporary)
            throw error
        }
        try self.init(place, folder, file, newest: newest, end: text.count, states: states)
        isDoubtful = (try? folder.synchronize()) == nil
    }

    /// Makes a file with these bytes, durably, or none.
    private static func make(_ name: String, _ bytes: [UInt8], in folder: Folder) throws(SystemError) -> OpenFile {
        do throws(SystemError) {
            let file = try folder.open(name, .createNew)
            try file.overwrite(bytes)
            try file.synchronize()
            return file
        } catch {
            _ = try? folder.remove(name)
            throw error
        }
    }

    /// The blanks that follow a line which ends at `end`, up to the end of a block.
    private static func padding(behind end: Int, _ line: LogLine) -> [UInt8] {
        guard padding > 0, line.bytes.count <= paddedLimit else { return [] }
        let total = (end + padding + 4095) / 4096 * 4096 - end
        return [UInt8](repeating: 32, count: total - 1) + [UInt8(ascii: "\n")]
    }

    /// Makes sure that the log is the file that was opened and ends with the line that was written last.
    ///
    /// What an earlier write left that was cut short is blanked before: it is this process's own.
    mutating func check() throws(StoreError) {
        let named: FileIdentity?
        let found: [UInt8]
        let last = newest.bytes
        do throws(SystemError) {
            try blankTorn()
            named = try folder.identity(of: DocumentPlace.logName)
            found = try file.read(from: end - last.count - 1, limit: last.count + 33)
        } catch {
            throw place.writeError(error)
        }
        guard let named, named.isSameFile(as: identity) else { throw place.conflict("was removed or replaced") }
        guard named.size == size else { throw place.conflict("has \(named.size) bytes and not \(size)") }
        // The line itself and not its checksum, which would not notice a read beside a write.
        guard found.starts(with: last), found.dropFirst(last.count).allSatisfy(LogTail.isBlank) else {
            throw place.conflict("does not end with the line that was written last")
        }
    }

    /// Whether a line of so many bytes belongs into a new file.
    func isFull(for count: Int) -> Bool {
        end + count + 1 > place.retention.fileSize || place.retention.statesPerFile.map { (states ?? 0) >= $0 } == true
    }

    /// Writes the line behind all others and makes it durable: once the system confirms that, the save is done.
    mutating func append(_ line: LogLine) throws(StoreError) {
        var text = line.bytes + [UInt8(ascii: "\n")]
        let count = text.count
        if end + count > size {
            text += Self.padding(behind: end + count, line)
            try place.checkSpace(for: end + text.count - size, in: folder)
        }
        do throws(SystemError) {
            try file.overwrite(text, at: end)
            // What a broken disk, file system or program made of it must not be acknowledged.
            guard areSame(try file.read(from: end, limit: count), Array(text.prefix(count))) else {
                throw SystemError.changed(file.path)
            }
        } catch {
            tornEnd = end + text.count
            try? blankTorn()
            throw place.writeError(error)
        }
        size = max(size, end + text.count)
        end += count
        newest = line
        states = states.map { $0 + 1 }
        // A doubt stays: a later sync that works says nothing of what an earlier one lost.
        if (try? file.synchronizeData()) == nil { isDoubtful = true }
    }

    private mutating func blankTorn() throws(SystemError) {
        guard let tornEnd else { return }
        let found = try file.identity().size
        // What is longer than that, another process wrote.
        guard found <= max(size, tornEnd) else { return }
        if found > size { try file.truncate(to: size) }
        if end < size { try file.overwrite([UInt8](repeating: 32, count: size - end), at: end) }
        self.tornEnd = nil
    }
}
