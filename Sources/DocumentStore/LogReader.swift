package import OperatingSystem

/// Reads a whole log, its rotated files included, a line at a time and with bounded memory.
package struct LogReader: Sendable {
    private let folder: Folder

    package init(_ folder: Folder) { self.folder = folder }

    /// The names of the log's files, the oldest first.
    package func names() throws(SystemError) -> [String] {
        let numbers = try folder.names().compactMap { name -> Int? in
            guard name.hasPrefix(DocumentPlace.logName + ".") else { return nil }
            return Int(name.dropFirst(DocumentPlace.logName.count + 1)).flatMap { $0 > 0 ? $0 : nil }
        }
        return numbers.sorted(by: >).map(DocumentPlace.rotatedName) + [DocumentPlace.logName]
    }

    /// Gives each line that is not padding to `body`, the oldest file first, until that returns false.
    ///
    /// A file that a rotation renames meanwhile is read, and once. A line that two files share, as a rotation that was cut
    /// short leaves it, comes twice. A line at the end that is torn was never acknowledged, and does not come.
    package func forEachLine<Failure: Error>(_ body: (LogText) throws(Failure) -> Bool) throws {
        for opened in try open().reversed() {
            var end = Int.max
            if opened.name == DocumentPlace.logName, case let tail = try LogTail(opened.file), tail.remainder == .torn {
                // A log without a whole line is damaged.
                end = tail.newest == nil ? .max : tail.end
            }
            guard try Self.forEachLine(of: opened.file, upTo: end, named: opened.name, body) else { return }
        }
    }

    /// Opens the log's files, the newest first.
    ///
    /// Files only move to older names, so in this order none is missed; a file that moved comes again and is left out.
    private func open() throws(SystemError) -> [Opened] {
        var files: [Opened] = []
        var seen: Set<UInt64> = []
        let known = try names()
        for name in known.reversed() + [DocumentPlace.rotatedName(known.count)] {
            do throws(SystemError) {
                let file = try folder.open(name, .read)
                let identity = try file.identity()
                guard identity.kind == .regular, seen.insert(identity.inode).inserted else { continue }
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
        do {
            _ = try forEachLine(of: file, named: "") { _ in
                count += 1
                return true
            }
        } catch let error as SystemError {
            throw error
        } catch {
            preconditionFailure("nothing else is thrown: \(error)")
        }
        return count
    }

    private static let piece = 1 << 20

    package static func forEachLine<Failure: Error>(
        of file: borrowing OpenFile, upTo end: Int = .max, named name: String, _ body: (LogText) throws(Failure) -> Bool
    ) throws -> Bool {
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
                    guard try body(LogText(place: name, number: number, bytes: Array(line))) else { return false }
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

    public init(place: String, number: Int, bytes: [UInt8]) {
        self.place = place
        self.number = number
        self.bytes = bytes
    }
}
