#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The standard output or standard error of this process.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Opens the null device for standard descriptors that are closed, so that no other file gets their numbers and
    /// with them the output of this process.
    ///
    /// Standard output is opened only for reading, so that writing a result there fails.
    package static func openClosed() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            _ = unsafe open("/dev/null", descriptor == 1 ? O_RDONLY : O_RDWR)
        }
    }

    /// Writes the complete text; returns `false` when the stream is closed or full.
    @discardableResult
    package func write(_ text: String) -> Bool {
        do {
            try writeAll(Array(text.utf8))
            return true
        } catch {
            return false
        }
    }

    /// Writes a result; a reader that has closed the stream is no error.
    ///
    /// - Throws: ``SystemError`` when the stream took only a part of the result, for example on a full disk.
    package func print(_ text: String) throws(SystemError) {
        do {
            try writeAll(Array(text.utf8))
            // A network file system reports only on close that it is full.
            let copy = try check("dup", name) { fcntl(rawValue, F_DUPFD_CLOEXEC, 3) }
            try check("close", name) { close(copy) }
        } catch  where [EPIPE, ECONNRESET].contains(error.number) {
            // The reader has closed the stream, as `head -1` does.
        }
    }

    private var name: String { self == .output ? "standard output" : "standard error" }

    private func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            do throws(SystemError) {
                let count = try check("write", name) {
                    unsafe bytes.withUnsafeBytes { buffer in
                        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                        return unsafe systemWrite(rawValue, rest)
                    }
                }
                if count == 0 { throw SystemError(call: "write", subject: name, number: ENOSPC) }
                written += count
            } catch  where error.wouldBlock {
                // Another process has made the shared pipe or terminal non-blocking.
                var stream = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                try check("poll", name) { unsafe poll(&stream, 1, -1) }
            }
        }
    }

    /// Whether the stream is a pipe, socket or terminal whose other end is closed.
    package var isClosed: Bool {
        var stream = pollfd(fd: rawValue, events: 0, revents: 0)
        return unsafe poll(&stream, 1, 0) == 1 && stream.revents & Int16(POLLERR | POLLHUP) != 0
    }

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The terminal's width in columns; `nil` when it is not a terminal.
    package var columns: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

    /// The terminal's height in lines; `nil` when it is not a terminal.
    package var rows: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

    private var size: winsize? {
        var size = winsize()
        return unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe write(descriptor, bytes.baseAddress, bytes.count)
}
