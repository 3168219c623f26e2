import OperatingSystem

/// The lines of a file while a program writes to it.
struct Tail: Sendable {
    private var reader: LineReader
    private let isForPeople: Bool
    /// What keeps a file of events small; nil for a log.
    private var bound: EventBound?
    private let onSkip: @Sendable (Int) -> Void
    private let onLine: @Sendable (String) -> Void

    /// Follows a tool's file of events from its beginning.
    ///
    /// - Parameters:
    ///   - onSkip: gets the number of lines that are not read, since they came too fast and nothing depends on them.
    ///   - onLine: gets every other line.
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

    /// Follows a log for people: of output that is faster than anybody reads, the newest is shown.
    init(log path: String, offset: Int, onLine: @escaping @Sendable (String) -> Void) {
        reader = LineReader(path: path, offset: offset, limit: Self.shown)
        isForPeople = true
        onSkip = { _ in }
        self.onLine = onLine
    }

    /// How much of the log is shown in one go, and how much of a line that is too long (bytes).
    private static let window = 256 << 10
    private static let shown = 16 << 10

    /// Passes the lines that were added since the last time, or the first megabyte of them.
    ///
    /// - Parameter isEnded: whether nothing follows, so that a last line without a newline is whole too.
    /// - Returns: whether there may be more.
    mutating func read(isEnded: Bool = false) -> Bool {
        if isForPeople { skip() }
        do {
            guard var bound else {
                let onLine = onLine
                return try reader.read(isEnded: isEnded) { line, leftOut in onLine(Self.text(line, leftOut)) }
            }
            // The one copy of what it holds.
            self.bound = nil
            defer { self.bound = bound }
            return try readEvents(isEnded: isEnded, &bound)
        } catch {
            // The file is there before the program is; what cannot be read now may be readable the next time.
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

    /// Makes a file of events small when its tool has ended and everything was read.
    mutating func finish() { bound?.shorten() }

    private static func text(_ line: ArraySlice<UInt8>, _ leftOut: Int) -> String {
        guard leftOut > 0 else { return String(decoding: line, as: UTF8.self) }
        let beginning = line.prefix(shown)
        let more = line.count - beginning.count + leftOut
        return "\(String(decoding: beginning, as: UTF8.self))… (\(more) more bytes)"
    }

    /// Leaves out what is more than the window.
    private mutating func skip() {
        guard let size = try? OpenFile(reader.path, .read).status().size, size - reader.offset > Self.window else {
            return
        }
        let start = size - Self.window
        onLine("… (\(start - reader.offset) bytes are not shown here; they are in the step's log)")
        reader.skip(to: start)
    }
}
