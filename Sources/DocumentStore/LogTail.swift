package import OperatingSystem

/// The end of a log: its newest whole line, and what follows it.
package struct LogTail: Sendable {
    /// What follows the newest whole line.
    package enum Remainder: Hashable, Sendable {
        /// Nothing but padding.
        case padding
        /// A line of which a part is missing. It was never acknowledged.
        case torn
        /// A line that was written to its end and is not what was written.
        case damaged
        /// A line that does not begin as one of this form, as version 1 of this store wrote them.
        case foreign
    }
    /// `nil` when no line is whole.
    package var newest: LogLine?
    /// The offset behind the newest whole line and its newline.
    package var end = 0
    package var size = 0
    package var remainder = Remainder.padding
    /// Whether the newline behind the newest line is missing.
    package var isUnterminated = false

    /// Enough for most lines behind most padding.
    private static let window = 20 << 10
    /// No line comes near (bytes).
    package static let sizeLimit = 256 << 20
    private static let sector = 512

    /// Reads the end of a log; no more of it than is needed.
    package init(_ file: borrowing OpenFile) throws(SystemError) {
        size = try file.identity().size
        var window = Self.window
        while true {
            let start = max(0, size - window)
            let bytes = try file.read(from: start, limit: size - start)
            if find(in: bytes, at: start) || start == 0 { return }
            guard window < Self.sizeLimit else { return }
            // Much padding, a long line, or lines that are not whole.
            window *= 4
        }
    }

    /// Looks for the newest whole line in the log's last bytes; false when it may be before them.
    private mutating func find(in bytes: [UInt8], at start: Int) -> Bool {
        remainder = .padding
        var stop = bytes.count
        while true {
            while stop > 0, Self.isBlank(bytes[stop - 1]) { stop -= 1 }
            guard stop > 0 else { return false }
            let newline = bytes[..<stop].lastIndex(of: UInt8(ascii: "\n"))
            guard newline != nil || start == 0 else { return false }
            let begin = newline.map { $0 + 1 } ?? 0
            let isEnded = stop < bytes.count && bytes[stop] == UInt8(ascii: "\n")
            if let line = LogLine(bytes[begin..<stop]) {
                newest = line
                end = start + stop + 1
                isUnterminated = !isEnded
                return true
            }
            let kind = Self.kind(of: bytes[begin..<stop], at: start + begin, isEnded: isEnded)
            if remainder != .damaged && (remainder != .foreign || kind == .damaged) { remainder = kind }
            stop = begin
        }
    }

    /// What a line is that is not whole.
    ///
    /// A line is written with one call and its newline is its last byte, so a crash leaves out its end, or, with the power
    /// gone, any of its sectors. What was written to its end and misses no sector was acknowledged, and is damaged.
    private static func kind(of line: ArraySlice<UInt8>, at offset: Int, isEnded: Bool) -> Remainder {
        guard isEnded else { return isWholeWithMore(line) ? .damaged : .torn }
        var position = line.startIndex
        while position < line.endIndex {
            let next = min(line.endIndex, position + sector - (offset + position - line.startIndex) % sector)
            if line[position..<next].allSatisfy(isBlank) { return .torn }
            position = next
        }
        return LogLine.isBegun(line) ? .damaged : .foreign
    }

    /// Whether a whole line lost its newline to another byte.
    private static func isWholeWithMore(_ line: ArraySlice<UInt8>) -> Bool {
        line.lastIndex(of: UInt8(ascii: "}")).flatMap { LogLine(line[...$0]) } != nil
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 0 }
}
