public import EnvironmentDomain
import OperatingSystem

/// A reader of a step's log file, which works while the step runs too.
public struct StepLogFile: Sendable {
    /// The path of the file.
    public let path: String

    /// Creates a reader of a log file, which need not exist.
    public init(_ path: String) { self.path = path }

    /// Returns the log of a step in one run; `nil` when it is not on this machine.
    ///
    /// - Throws: An error that names the folder that cannot be listed.
    public static func find(of step: StepName, run: CommandID, in workspace: Workspace) throws -> StepLogFile? {
        let folder = "\(workspace.logs)/\(run)"
        guard try Folder.exists(folder) else { return nil }
        let place = try Folder(folder)
        let file = try place.names().sorted().last { $0.hasSuffix("-\(step).log") }
        return file.map { StepLogFile("\(folder)/\($0)") }
    }

    /// The last line that is not blank; `nil` when there is none or the file cannot be read.
    public var lastLine: String? {
        // Several, since a program may end with blank lines.
        (try? lines(last: 20))?.last { !$0.allSatisfy(\.isWhitespace) }
    }

    /// The current size of the file (bytes); 0 when it does not exist.
    public var size: Int { (try? OpenFile(path, .read).status().size) ?? 0 }

    /// The number of bytes to read of a line, and to search from the end for the last lines.
    static let lineLimit = 1 << 20
    private static let tailLimit = 8 << 20

    /// Returns the lines without escape sequences and other control characters; `nil` when the file does not exist.
    ///
    /// - Parameter count: The number of lines to return from the end, for which only the end of the file is read; `nil`
    ///   for all lines.
    /// - Throws: An error whose description names the file that cannot be read and the reason.
    public func lines(last count: Int? = nil) throws -> [String]? {
        do {
            guard let count else { return try all() }
            return try last(count)
        } catch  where error.isNotFound {
            return nil
        }
    }

    private func all() throws(SystemError) -> [String] {
        var lines: [String] = []
        var reader = LineReader(path: path, limit: Self.lineLimit)
        var hasMore = true
        while hasMore {
            hasMore = try reader.read(isEnded: true) { line, leftOut in lines.append(Self.text(line, leftOut: leftOut))
            }
        }
        return lines
    }

    private func last(_ count: Int) throws(SystemError) -> [String] {
        let file = try OpenFile(path, .read)
        guard count > 0 else { return [] }
        let size = try file.status().size
        var bytes: [UInt8] = []
        var newlines = 0
        // The newline at the end of the file belongs to the last line, so one more newline is needed.
        while newlines <= count, bytes.count < min(size, Self.tailLimit) {
            let start = max(0, size - bytes.count - 64 << 10)
            let piece = try file.read(from: start, limit: size - bytes.count - start)
            guard !piece.isEmpty else { break }
            newlines += piece.count { $0 == UInt8(ascii: "\n") }
            bytes = piece + bytes
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let leftOut = lines.count <= count ? size - bytes.count : 0
        var texts = lines.suffix(count).map { line in
            Self.text(line.prefix(Self.lineLimit), leftOut: max(0, line.count - Self.lineLimit))
        }
        if leftOut > 0, let first = texts.first { texts[0] = "(\(leftOut) bytes before) …\(first)" }
        return texts
    }

    static func text(_ line: ArraySlice<UInt8>, leftOut: Int) -> String {
        // A hole in the log of a running step reads as zeros.
        let text = String(decoding: line.drop { $0 == 0 }, as: UTF8.self).asPrinted
        return leftOut > 0 ? "\(text)… (\(leftOut) more bytes)" : text
    }
}
