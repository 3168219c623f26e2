import OperatingSystem

/// Copies the standard output of a program to the step's log while it is written, and keeps its beginning.
///
/// The program writes to a file of its own and never to a pipe, so that it outlives this process; the room of what was copied is
/// returned to the disk.
struct OutputCapture: Sendable {
    private let path: String
    private let log: StepLog
    private var offset = 0
    private var punched = 0
    private var canPunch = true
    private var kept: [UInt8] = []

    /// How much is kept, read at once, and returned to the disk at once (bytes).
    private static let limit = 1 << 20
    private static let piece = 256 << 10
    private static let punch = 4 << 20

    init(_ path: String, log: StepLog) {
        self.path = path
        self.log = log
    }

    /// Copies what was added since the last time, or the first part of it.
    ///
    /// - Returns: Whether there may be more.
    mutating func read() -> Bool {
        do {
            let file = try OpenFile(path, .readWriteCreating)
            let bytes = try file.read(from: offset, limit: Self.piece)
            guard !bytes.isEmpty else { return false }
            offset += bytes.count
            log.append(bytes)
            // One byte more than is kept, so that it is known that there was more.
            kept += bytes.prefix(Self.limit + 1 - kept.count)
            let end = offset & ~4095
            if canPunch, end - punched >= Self.punch {
                canPunch = try file.punch(punched..<end)
                punched = end
            }
            return bytes.count == Self.piece
        } catch {
            // The file is there before the program is; what cannot be read now may be readable the next time.
            return false
        }
    }

    /// The result of the program, which has ended.
    func execution(status: Int32) -> Execution {
        var bytes = kept.prefix(Self.limit)
        let isCut = kept.count > bytes.count
        if isCut {
            // The last character may be cut in two.
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
