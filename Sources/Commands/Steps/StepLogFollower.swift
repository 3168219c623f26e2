import EnvironmentDomain
import OperatingSystem

/// A reader that follows the log of a step and returns each added line once.
///
/// It also follows a log whose middle is left out later, and a file that is truncated or replaced.
public struct StepLogFollower: Sendable {
    private let path: String
    private let last: Int?
    private var reader: LineReader
    private var opened: Opened?
    /// The first bytes of the file that is read, which tell whether a new file is the same log.
    private var beginning: [UInt8] = []

    private final class Opened: Sendable {
        let file: OpenFile
        let identity: FileIdentity

        init(_ file: consuming OpenFile, _ identity: FileIdentity) {
            self.file = file
            self.identity = identity
        }

        /// Opens a file; nil when there is none.
        static func open(_ path: String) throws(SystemError) -> Opened? {
            do throws(SystemError) {
                let file = try OpenFile(path, .read)
                let identity = try file.identity()
                return Opened(file, identity)
            } catch {
                guard error.isNotFound else { throw error }
                return nil
            }
        }
    }

    /// The bytes of a log's beginning that are compared.
    private static let beginningLimit = 4096

    /// Creates a reader of a log, which need not exist yet.
    ///
    /// - Parameters:
    ///   - path: The path of the log.
    ///   - last: The number of lines to read of those that exist at first; `nil` for all.
    public init(_ path: String, last: Int? = nil) {
        self.path = path
        self.last = last
        reader = LineReader(path: path, limit: StepLogFile.lineLimit)
    }

    /// Returns the lines that were added, without escape codes.
    ///
    /// - Parameter isEnded: Whether the log is complete, so that a last line without a newline is returned too.
    /// - Throws: An error that names the file and the reason.
    public mutating func read(isEnded: Bool = false) throws -> [String] {
        guard let now = try Opened.open(path) else { return try drain(opened, isEnded: isEnded) }
        var lines: [String] = []
        if let before = opened {
            let isSame = try now.file.read(from: 0, limit: beginning.count) == beginning
            if !before.identity.isSameFile(as: now.identity) {
                lines += try drain(before, isEnded: true)
                // The same log, written again: behind its end when its middle was left out, else where it was read to.
                reader.skip(to: isSame && !beginning.isEmpty ? min(reader.offset, now.identity.size) : 0)
                beginning = []
            } else if now.identity.size < reader.offset || !isSame {
                reader.skip(to: 0)
                beginning = []
            }
        } else if let last {
            let tail = try StepLogFile(path).lines(last: last) ?? []
            reader.skip(to: now.identity.size)
            lines += tail
        }
        opened = now
        if beginning.count < Self.beginningLimit { beginning = try now.file.read(from: 0, limit: Self.beginningLimit) }
        return lines + (try drain(now, isEnded: isEnded))
    }

    private mutating func drain(_ opened: Opened?, isEnded: Bool) throws -> [String] {
        guard let opened else { return [] }
        var lines: [String] = []
        var hasMore = true
        while hasMore {
            hasMore = try reader.read(opened.file, isEnded: isEnded) { line, leftOut in
                lines.append(StepLogFile.text(line, leftOut: leftOut))
            }
        }
        return lines
    }
}
