#if PostgreSQL
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #else
        import Darwin
    #endif

    /// Waits until a socket can be read, its other end is gone, or the time is over.
    ///
    /// - Returns: whether there is something to read.
    func waitForInput(_ socket: Int32, _ time: Duration) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        return unsafe poll(&entry, 1, Int32(clamping: max(0, milliseconds))) != 0
    }
#endif
