#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A reader of the complete lines of a file that may still grow.
///
/// Holes in the file are skipped. The memory that the reader needs grows neither with the file nor with a line.
package struct LineReader: Sendable {
    package let path: String
    /// The offset of the next byte to read.
    package private(set) var offset: Int
    private let limit: Int
    /// The beginning of an incomplete line, and the number of its bytes that are omitted.
    private var rest: [UInt8] = []
    private var leftOut = 0

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - path: The path of the file, which need not exist yet.
    ///   - offset: The offset of the first byte to read.
    ///   - limit: The number of bytes of a line that are kept.
    package init(path: String, offset: Int = 0, limit: Int = 4 << 20) {
        self.path = path
        self.offset = offset
        self.limit = limit
    }

    /// The number of bytes that are read at once.
    private static let piece = 256 << 10

    /// Reads at most a mebibyte.
    ///
    /// - Parameters:
    ///   - isEnded: Whether the file does not grow any more, so that a last line without a newline is complete.
    ///   - body: A closure that receives each line, and the number of bytes that are omitted at its end.
    /// - Returns: Whether there may be more to read.
    /// - Throws: ``SystemError`` when the file cannot be read.
    package mutating func read(
        isEnded: Bool = false, _ body: (ArraySlice<UInt8>, _ leftOut: Int) -> Void
    ) throws(SystemError) -> Bool {
        try read(try OpenFile(path, .read), isEnded: isEnded, body)
    }

    /// Reads at most a megabyte of a file that is open.
    package mutating func read(
        _ file: borrowing OpenFile, isEnded: Bool, _ body: (ArraySlice<UInt8>, _ leftOut: Int) -> Void
    ) throws(SystemError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Self.piece)
        for _ in 0..<4 {
            offset = max(offset, try file.content(from: offset))
            let count = try file.read(into: &buffer, from: offset)
            offset += count
            split(buffer, count, body)
            if count < Self.piece {
                if isEnded && (!rest.isEmpty || leftOut > 0) { endLine(body) }
                return false
            }
        }
        return true
    }

    /// Skips to an offset at the beginning of a line.
    package mutating func skip(to offset: Int) {
        self.offset = offset
        rest = []
        leftOut = 0
    }

    private mutating func split(
        _ buffer: [UInt8], _ count: Int, _ body: (ArraySlice<UInt8>, _ leftOut: Int) -> Void
    ) {
        var start = 0
        while start < count {
            guard let end = newline(in: buffer, start..<count) else {
                keep(buffer[start..<count])
                return
            }
            if rest.isEmpty && leftOut == 0 && end - start <= limit {
                body(buffer[start..<end], 0)
            } else {
                keep(buffer[start..<end])
                endLine(body)
            }
            start = end + 1
        }
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        let kept = part.prefix(max(0, limit - rest.count))
        rest += kept
        leftOut += part.count - kept.count
    }

    private mutating func endLine(_ body: (ArraySlice<UInt8>, _ leftOut: Int) -> Void) {
        body(rest[...], leftOut)
        rest = []
        leftOut = 0
    }
}

/// Returns the index of the next newline; memchr reads several gigabytes a second.
private func newline(in buffer: [UInt8], _ range: Range<Int>) -> Int? {
    unsafe buffer.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress,
            let found = unsafe memchr(base + range.lowerBound, 10, range.count)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }
}
