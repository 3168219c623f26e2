#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output or standard error of this process.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Opens the null device in place of standard descriptors that the caller closed, so that no other file gets their
    /// numbers and with them what is meant for people.
    package static func openClosed() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }

    /// Writes the text whole; a closed or full stream is not the program's trouble, so false is the whole report.
    @discardableResult
    package func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe systemWrite(rawValue, rest)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            written += count
        }
        return true
    }

    /// Whether it is a pipe, a socket or a terminal whose other end is closed.
    package var isClosed: Bool {
        var stream = pollfd(fd: rawValue, events: 0, revents: 0)
        return unsafe poll(&stream, 1, 0) == 1 && stream.revents & Int16(POLLERR | POLLHUP) != 0
    }

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The terminal's width in columns; nil when it is not a terminal.
    package var columns: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

    /// The terminal's height in lines; nil when it is not a terminal.
    package var rows: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

    private var size: winsize? {
        var size = winsize()
        return unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe write(descriptor, bytes.baseAddress, bytes.count)
}
