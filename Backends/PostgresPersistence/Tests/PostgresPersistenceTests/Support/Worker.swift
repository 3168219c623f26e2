import Foundation
import Synchronization

/// A `postgres-probe` that runs.
final class Worker: Sendable {
    let identifier: Int32
    private let process: Mutex<Process>
    private let input: Mutex<FileHandle>
    private let output: Mutex<FileHandle>

    init(_ words: [String], under wrapper: [String] = []) throws {
        let process = try Program.start(Program.closing + wrapper + [try Program.built("postgres-probe")] + words)
        let stdin = Pipe()
        let stdout = Pipe()
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        identifier = process.processIdentifier
        input = Mutex(stdin.fileHandleForWriting)
        output = Mutex(stdout.fileHandleForReading)
        self.process = Mutex(process)
    }

    deinit { signal(SIGKILL) }

    func signal(_ number: Int32) { kill(identifier, number) }

    func write(_ line: String) { input.withLock { $0.write(Data((line + "\n").utf8)) } }

    /// The next line that it prints; empty when it has ended.
    func readLine() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
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

    /// Waits until it has ended, on a thread of its own, and gives back its exit status.
    @discardableResult
    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: self.process.withLock { process in
                        process.waitUntilExit()
                        return process.terminationStatus
                    })
            }
        }
    }
}
