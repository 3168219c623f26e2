import OperatingSystem

/// A reader of the lines that a program appends to a file.
struct Tail: Sendable {
    private var reader: LineReader
    private let isForPeople: Bool
    /// The bound on a file of events; `nil` for a log.
    private var bound: EventBound?
    private let onSkip: @Sendable (Int) -> Void
    private let onLine: @Sendable (String) -> Void

    /// Creates a reader of a program's file of events, from its beginning.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - weigh: Returns the weight of a line, given the line and the number of bytes that were cut off its end.
    ///   - onSkip: Receives the number of lines that were skipped, since they came too fast and have the weight
    ///     ``EventWeight/passing``.
    ///   - onLine: Receives every other line.
    init(
        events path: String, weigh: @escaping @Sendable (ArraySlice<UInt8>, Int) -> EventWeight,
        onSkip: @escaping @Sendable (Int) -> Void, onLine: @escaping @Sendable (String) -> Void
    ) {
        reader = LineReader(path: path)
        isForPeople = false
        bound = EventBound(path, weigh: weigh)
        self.onSkip = onSkip
        self.onLine = onLine
    }

    /// Creates a reader of a log, for people: when lines come too fast, only the newest are shown.
    init(log path: String, offset: Int, onLine: @escaping @Sendable (String) -> Void) {
        reader = LineReader(path: path, offset: offset, limit: Self.shown)
        isForPeople = true
        onSkip = { _ in }
        self.onLine = onLine
    }

    /// The number of bytes of the log to show at once, and of a long line to show.
    private static let window = 256 << 10
    private static let shown = 16 << 10

    /// Reads the lines that were added since the last call, at most about a megabyte of them.
    ///
    /// - Parameter isEnded: Whether the program has ended, so that a last line without a newline is complete too.
    /// - Returns: Whether more lines may follow at once.
    mutating func read(isEnded: Bool = false) -> Bool {
        if isForPeople { skip() }
        do {
            guard var bound else {
                let onLine = onLine
                return try reader.read(isEnded: isEnded) { line, leftOut in onLine(Self.text(line, leftOut)) }
            }
            // Keep a single reference, so that changing the bound copies nothing.
            self.bound = nil
            defer { self.bound = bound }
            return try readEvents(isEnded: isEnded, &bound)
        } catch {
            // The file exists before the program starts, so an error may be gone at the next call.
            return false
        }
    }

    private mutating func readEvents(isEnded: Bool, _ bound: inout EventBound) throws(SystemError) -> Bool {
        let (onLine, onSkip) = (onLine, onSkip)
        let size = bound.size
        let hasMore = try reader.read(isEnded: isEnded) { line, leftOut in
            guard bound.isToBeRead(line, leftOut, size: size) else { return }
            let skipped = bound.takeSkipped()
            if skipped > 0 { onSkip(skipped) }
            onLine(Self.text(line, leftOut))
        }
        bound.bound()
        return hasMore
    }

    /// Rewrites a file of events without the lines that are not kept, once the program has ended and everything was
    /// read.
    mutating func finish() { bound?.shorten() }

    private static func text(_ line: ArraySlice<UInt8>, _ leftOut: Int) -> String {
        guard leftOut > 0 else { return String(decoding: line, as: UTF8.self) }
        let beginning = line.prefix(shown)
        let more = line.count - beginning.count + leftOut
        return "\(String(decoding: beginning, as: UTF8.self))… (\(more) more bytes)"
    }

    /// Skips all but the last bytes of the log, as many as the window has.
    private mutating func skip() {
        guard let size = try? OpenFile(reader.path, .read).status().size, size - reader.offset > Self.window else {
            return
        }
        let start = size - Self.window
        onLine("… (\(start - reader.offset) bytes are not shown here; they are in the step's log)")
        reader.skip(to: start)
    }
}
