import OperatingSystem

/// The lines of a file while a program writes to it.
struct Tail: Sendable {
    private var reader: LineReader
    private let isForPeople: Bool
    private let onLine: @Sendable (String) -> Void

    /// Follows a file whose every line counts.
    init(events path: String, onLine: @escaping @Sendable (String) -> Void) {
        reader = LineReader(path: path)
        isForPeople = false
        self.onLine = onLine
    }

    /// Follows a log for people: of output that is faster than anybody reads, the newest is shown.
    init(log path: String, offset: Int, onLine: @escaping @Sendable (String) -> Void) {
        reader = LineReader(path: path, offset: offset, limit: Self.shown)
        isForPeople = true
        self.onLine = onLine
    }

    /// How much of the log is shown in one go, and how much of a line that is too long (bytes).
    private static let window = 256 << 10
    private static let shown = 16 << 10

    /// Hands on the lines that were added since the last time, or the first megabyte of them.
    ///
    /// - Parameter isEnded: whether nothing follows, so that a last line without a newline is whole too.
    /// - Returns: whether there may be more.
    mutating func read(isEnded: Bool = false) -> Bool {
        if isForPeople { skip() }
        do {
            let onLine = onLine
            return try reader.read(isEnded: isEnded) { line, leftOut in onLine(Self.text(line, leftOut)) }
        } catch {
            // The file is there before the program is; what cannot be read now may be readable the next time.
            return false
        }
    }

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
