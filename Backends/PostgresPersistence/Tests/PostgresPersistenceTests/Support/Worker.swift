import Dispatch
import Foundation
import Synchronization

/// A running `postgres-probe`.
final class Worker: Sendable {
    let identifier: pid_t
    private let input: Mutex<FileHandle>
    private let output: Mutex<FileHandle>
    private let ended: Task<Int32, Never>
    /// The queue that reads lines; the global queue would block threads of the concurrency pool.
    private let reading = DispatchQueue(label: "worker")

    init(_ words: [String], under wrapper: [String] = []) throws {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw CocoaError(.fileNoSuchFile) }
        let identifier = try Program.start(
            wrapper + [try Program.built("postgres-probe")] + words, input: ends[1], output: ends[1],
            errors: STDERR_FILENO)
        close(ends[1])
        self.identifier = identifier
        input = Mutex(FileHandle(fileDescriptor: ends[0], closeOnDealloc: true))
        output = Mutex(FileHandle(fileDescriptor: ends[0], closeOnDealloc: false))
        ended = Task { await Program.wait(for: identifier) }
    }

    deinit { signal(SIGKILL) }

    func signal(_ number: Int32) { kill(identifier, number) }

    func write(_ line: String) { input.withLock { $0.write(Data((line + "\n").utf8)) } }

    /// Returns the next line of its output; empty when it has ended.
    func readLine() async -> String {
        await withCheckedContinuation { continuation in
            reading.async {
                continuation.resume(
                    returning: self.output.withLock { handle in
                        var line: [UInt8] = []
                        while let byte = (try? handle.read(upToCount: 1))?.first, byte != UInt8(ascii: "\n") {
                            line.append(byte)
                        }
                        return String(decoding: line, as: UTF8.self)
                    })
            }
        }
    }

    /// Waits until the process has ended, and returns its exit status.
    @discardableResult
    func wait() async -> Int32 { await ended.value }
}
