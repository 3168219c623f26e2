public import EnvironmentDomain
import JSONText
import OperatingSystem

extension HistoryLine {
    /// The line as it stands in the history, without its newline: JSON with sorted keys.
    public func text() throws -> [UInt8] {
        try JSONTextEncoder(style: .sortedNames).encode(self)
    }

    /// Reads a line as it stands in the history.
    public init(text: some Sequence<UInt8>) throws {
        self = try JSONTextDecoder().decode(HistoryLine.self, from: Array(text))
    }
}

/// The history of a document: one JSON line a save, appended behind the save itself.
///
/// The state file carries the newest line too, so that a line that a crash kept from the history is brought in at the
/// next lease and the two files need not be atomic together.
struct HistoryFile: Sendable {
    static let fileName = "history.jsonl"

    let file: LineFile
    /// How many lines stand in the file and are not durable yet.
    private var unsynchronized = 0

    init(folder: Folder, rotation: LogRotation) {
        file = LineFile(folder: folder, name: Self.fileName, rotation: rotation)
    }

    /// Appends a line.
    mutating func append(_ line: [UInt8], linesInBackups: Int) throws(SystemError) {
        try file.append(line)
        unsynchronized += 1
        if unsynchronized >= linesInBackups { try synchronize() }
    }

    /// Makes the lines durable.
    mutating func synchronize() throws(SystemError) {
        guard unsynchronized > 0 else { return }
        try file.synchronize()
        unsynchronized = 0
    }

    /// What the file ends with.
    struct Tail {
        /// The newest whole line that can be read; nil when there is none.
        var newest: HistoryLine?
        /// Where the bytes behind the last newline start, and those bytes.
        var tornAt: Int
        var torn: [UInt8]
    }

    /// Reads the history's end; nil when there is no file.
    func tail() throws(SystemError) -> Tail? {
        var found: Tail?
        // A crash may have come between a rotation and the first line of the new file.
        for name in file.names where found?.newest == nil {
            guard let tail = try tail(of: name) else { continue }
            // Only the file that grows can end in a torn line.
            found =
                name == Self.fileName
                ? tail : Tail(newest: tail.newest, tornAt: found?.tornAt ?? 0, torn: found?.torn ?? [])
        }
        return found
    }

    private func tail(of name: String) throws(SystemError) -> Tail? {
        // A small piece holds the newest line, unless that is a very long one.
        let near = try tail(of: name, window: 1 << 14)
        return near != nil && near?.newest == nil ? try tail(of: name, window: 1 << 20) : near
    }

    private func tail(of name: String, window: Int) throws(SystemError) -> Tail? {
        let bytes: [UInt8]
        let start: Int
        do {
            let file = try file.folder.open(name, .read)
            start = max(0, try file.status().size - window)
            bytes = try file.read(from: start)
        } catch  where error.isNotFound {
            return nil
        }
        guard let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            return Tail(newest: nil, tornAt: start, torn: bytes)
        }
        return Tail(
            newest: newestLine(in: bytes[..<newline]), tornAt: start + newline + 1,
            torn: Array(bytes[(newline + 1)...]))
    }

    /// The last line that can be read: a damaged one behind it must not make the others look lost.
    private func newestLine(in text: ArraySlice<UInt8>) -> HistoryLine? {
        var rest = text
        while !rest.isEmpty {
            let start = rest.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.startIndex
            if let line = try? HistoryLine(text: rest[start...]) { return line }
            rest = rest[..<start].dropLast()
        }
        return nil
    }

    /// Takes the bytes of a torn line out of the file and keeps them in one beside it.
    func cut(_ tail: Tail) throws(SystemError) {
        let kept = try file.folder.open(Self.fileName + ".torn", .appendCreating)
        try kept.write(tail.torn + [UInt8(ascii: "\n")])
        try kept.synchronize()
        let torn = try file.folder.open(Self.fileName, .appendCreating)
        try torn.truncate(to: tail.tornAt)
        try torn.synchronize()
    }
}
