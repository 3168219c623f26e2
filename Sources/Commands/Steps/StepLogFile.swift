public import EnvironmentDomain
import OperatingSystem

/// The log of a step as a reader finds it, also while the step runs.
public struct StepLogFile: Sendable {
    /// The path of the file.
    public let path: String

    /// Names a log file; it need not exist.
    public init(_ path: String) { self.path = path }

    /// Finds the log of a step in one run; nil when there is none on this machine.
    ///
    /// - Throws: an error that says which folder cannot be listed and why.
    public static func find(of step: StepName, run: CommandID, in workspace: Workspace) throws -> StepLogFile? {
        let folder = "\(workspace.logs)/\(run)"
        guard try Folder.exists(folder) else { return nil }
        let place = try Folder(folder)
        let file = try place.names().sorted().last { $0.hasSuffix("-\(step).log") }
        return file.map { StepLogFile("\(folder)/\($0)") }
    }

    /// The last line with more than blanks that the step printed; nil when it printed none or the file cannot be read.
    public var lastLine: String? {
        // Several, since a program may end with blank lines.
        (try? lines(last: 20))?.last { !$0.allSatisfy(\.isWhitespace) }
    }

    /// The size of the file now (bytes); 0 when there is none.
    public var size: Int { (try? OpenFile(path, .read).status().size) ?? 0 }

    /// How much of a line is read, and how far back the last lines are looked for (bytes).
    static let lineLimit = 1 << 20
    private static let tailLimit = 8 << 20

    /// The lines, without what a terminal would obey; nil when there is no such file.
    ///
    /// - Parameter count: only so many lines from the end, for which only the end of the file is read; nil for all.
    /// - Throws: an error that says which file cannot be read and why.
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
        // The newline behind the last line ends no line before it.
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
        // What was returned to the disk while the step runs reads as zeros.
        let text = String(decoding: line.drop { $0 == 0 }, as: UTF8.self).asPrinted
        return leftOut > 0 ? "\(text)… (\(leftOut) more bytes)" : text
    }
}
