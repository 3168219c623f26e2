#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The standard input of this process, for questions to a person.
package enum StandardInput: Sendable {
    package static var isTerminal: Bool { isatty(0) == 1 }

    /// Waits for a line and returns it.
    ///
    /// - Returns: The line without its newline; `nil` when the input has ended or the task was cancelled.
    package static func line() async throws(SystemError) -> String? {
        try await withBlockingThread { () throws(SystemError) -> String? in
            var bytes: [UInt8] = []
            while !Task.isCancelled {
                var stream = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
                guard try check("poll", "standard input", { unsafe poll(&stream, 1, 100) }) > 0 else { continue }
                var byte: UInt8 = 0
                guard try check("read", "standard input", { unsafe read(0, &byte, 1) }) > 0 else { break }
                if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
                bytes.append(byte)
            }
            return nil
        }
    }
}
