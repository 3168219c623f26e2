import OperatingSystem

/// Follows a file that a program writes to, and hands on each whole line.
struct Tail: Sendable {
    private let path: String
    private var offset: Int
    private let onLine: @Sendable (String) -> Void
    private var rest: [UInt8] = []

    init(path: String, offset: Int, onLine: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.offset = offset
        self.onLine = onLine
    }

    /// Hands on the lines that were added since the last look.
    ///
    /// - Parameter isEnded: whether nothing follows, so that a last line without a newline is whole too.
    mutating func read(isEnded: Bool = false) {
        while let bytes = try? OpenFile(path, .read).read(from: offset, limit: 1 << 20), !bytes.isEmpty {
            offset += bytes.count
            // A line may be long, and is looked through once.
            guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
                rest += bytes
                continue
            }
            handOn(rest + bytes[..<end])
            rest = Array(bytes[(end + 1)...])
        }
        if isEnded && !rest.isEmpty {
            handOn(rest)
            rest = []
        }
    }

    private func handOn(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            onLine(String(decoding: line, as: UTF8.self))
        }
    }
}
