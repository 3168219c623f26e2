package import OperatingSystem

/// The files of a log: `NAME`, which is written, and the older ones, of which `NAME.1` is the newest.
package struct LogFiles: Sendable {
    package let folder: Folder
    package let name: String
    private let isOfDocument: Bool

    /// The log of a document.
    package init(_ folder: Folder) {
        self.folder = folder
        name = DocumentPlace.logName
        isOfDocument = true
    }

    /// A log of other lines.
    package init(_ folder: Folder, of name: String) {
        self.folder = folder
        self.name = name
        isOfDocument = false
    }

    package func olderName(_ number: Int) -> String { "\(name).\(number)" }

    /// The names of the files, the oldest first.
    package func names() throws(SystemError) -> [String] {
        let numbers = try folder.names().compactMap { Self.number(of: $0, in: name) }
        return numbers.sorted(by: >).map(olderName) + [name]
    }

    /// The number of an older file; `nil` for any other.
    static func number(of file: String, in log: String) -> Int? {
        guard file.begins(with: log + ".") else { return nil }
        return Int(file.dropFirst(log.count + 1)).flatMap { $0 > 0 ? $0 : nil }
    }

    /// Renames each older file to the next number, up to the first number that is free.
    ///
    /// - Parameter kept: how many there may be then; the oldest of as many is replaced.
    package func shift(keeping kept: Int = .max) throws(SystemError) {
        var free = 1
        while free < kept, try folder.identity(of: olderName(free)) != nil { free += 1 }
        while free > 1 {
            try folder.rename(olderName(free - 1), to: olderName(free))
            free -= 1
        }
    }

    // MARK: Reading

    /// Gives each line that is not padding to `body`, the oldest file first and with bounded memory, until that returns
    /// false.
    ///
    /// A file that a rotation renames meanwhile is read, and once. A line that two files share, as a rotation that was cut
    /// short leaves it, comes twice. A document's line that is torn was never acknowledged, and does not come.
    package func forEachLine(_ body: (LogText) -> Bool) throws(SystemError) {
        for opened in try open().reversed() {
            var end = Int.max
            if isOfDocument, opened.name == name, case let tail = try LogTail(opened.file), tail.remainder == .torn {
                // A log without a whole line is damaged.
                end = tail.newest == nil ? .max : tail.end
            }
            guard try Self.forEachLine(of: opened.file, upTo: end, named: opened.name, body) else { return }
        }
    }

    /// Opens the files, the newest first.
    ///
    /// Files only move to older names, so in this order none is missed; a file that moved comes again and is left out.
    private func open() throws(SystemError) -> [Opened] {
        var files: [Opened] = []
        var seen: Set<UInt64> = []
        let known = try names()
        for name in known.reversed() + [olderName(known.count)] {
            do throws(SystemError) {
                let file = try folder.open(name, .read)
                let identity = try file.identity()
                // Reading says what is wrong with what is no file; an examination does so for a document.
                guard identity.kind == .regular || !isOfDocument, seen.insert(identity.inode).inserted else { continue }
                files.append(Opened(file, name))
            } catch  where error.isNotFound {
                continue
            }
        }
        return files
    }

    private final class Opened {
        let file: OpenFile
        let name: String

        init(_ file: consuming OpenFile, _ name: String) {
            self.file = file
            self.name = name
        }
    }

    /// The number of lines of a file.
    static func count(_ file: borrowing OpenFile) throws(SystemError) -> Int {
        var count = 0
        _ = try forEachLine(of: file, named: "") { _ in
            count += 1
            return true
        }
        return count
    }

    private static let piece = 1 << 20

    /// - Returns: whether `body` wanted all lines.
    package static func forEachLine(
        of file: borrowing OpenFile, upTo end: Int = .max, named name: String, _ body: (LogText) -> Bool
    ) throws(SystemError) -> Bool {
        var offset = 0
        var rest: [UInt8] = []
        var number = 0
        while true {
            let limit = min(piece, end - offset)
            let bytes = try file.read(from: offset, limit: limit)
            offset += bytes.count
            let isEnd = bytes.count < piece
            rest += bytes
            var start = rest.startIndex
            // A line that was cut off at the file's end is given as it is.
            while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) ?? (isEnd ? rest.endIndex : nil) {
                let line = rest[start..<newline]
                if !line.allSatisfy(LogTail.isBlank) {
                    number += 1
                    let isEnded = newline < rest.endIndex
                    guard body(LogText(place: name, number: number, bytes: Array(line), isEnded: isEnded)) else {
                        return false
                    }
                }
                start = min(newline + 1, rest.endIndex)
                if newline == rest.endIndex { break }
            }
            rest.removeSubrange(..<start)
            if isEnd { return true }
        }
    }
}

/// A line of a log as it is kept.
public struct LogText: Sendable {
    /// The name of the file, or what else holds it.
    public let place: String
    /// 1 for the first line of that place, lines of padding not counted.
    public let number: Int
    /// Without its newline; not checked.
    public let bytes: [UInt8]
    /// Whether a newline ends it.
    public let isEnded: Bool

    public init(place: String, number: Int, bytes: [UInt8], isEnded: Bool = true) {
        self.place = place
        self.number = number
        self.bytes = bytes
        self.isEnded = isEnded
    }
}
