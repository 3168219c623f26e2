import OperatingSystem

/// A capture of a program's standard output: it copies the output to the step's log while the program runs, and keeps
/// the beginning.
///
/// The program writes to a file and never to a pipe, so that it can continue when this process is killed. Holes are
/// punched into the file where it was copied.
struct OutputCapture: Sendable {
    private let path: String
    private let log: StepLog
    private var offset = 0
    private var punched = 0
    private var canPunch = true
    private var kept: [UInt8] = []

    /// The number of bytes to keep, to read at once, and to punch at once.
    private static let limit = 1 << 20
    private static let piece = 256 << 10
    private static let punch = 4 << 20

    init(_ path: String, log: StepLog) {
        self.path = path
        self.log = log
    }

    /// Copies the bytes that were added since the last call, at most 256 KiB of them.
    ///
    /// - Returns: Whether more bytes may follow at once.
    mutating func read() -> Bool {
        do {
            let file = try OpenFile(path, .readWriteCreating)
            let bytes = try file.read(from: offset, limit: Self.piece)
            guard !bytes.isEmpty else { return false }
            offset += bytes.count
            log.append(bytes)
            // One byte more than the limit tells that the output was longer.
            kept += bytes.prefix(Self.limit + 1 - kept.count)
            let end = offset & ~4095
            if canPunch, end - punched >= Self.punch {
                canPunch = try file.punch(punched..<end)
                punched = end
            }
            return bytes.count == Self.piece
        } catch {
            // The file exists before the program starts, so an error may be gone at the next call.
            return false
        }
    }

    /// Returns the result of the program, once the program exited and everything was read.
    func execution(status: Int32) -> Execution {
        var bytes = kept.prefix(Self.limit)
        let isCut = kept.count > bytes.count
        if isCut {
            // Remove the beginning of a character that the limit has cut.
            let tail = bytes.suffix(4).reversed()
            let start = tail.firstIndex { $0 & 0xC0 != 0x80 } ?? tail.startIndex
            let lead = tail.distance(from: tail.startIndex, to: start)
            if let byte = tail.dropFirst(lead).first, byte >= 0xC0 { bytes.removeLast(lead + 1) }
        } else if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        return Execution(status: status, output: String(decoding: bytes, as: UTF8.self), isOutputCut: isCut)
    }
}
