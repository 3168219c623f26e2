#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// System calls for a connection that belongs to a C library.
package enum Socket {
    /// Waits until a socket can be read, its peer has closed it, or the time is over.
    ///
    /// - Returns: Whether a read would not block; `false` after the time.
    package static func waitForInput(_ socket: Int32, _ time: Duration) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, Int32(clamping: max(0, time.milliseconds))) != 0
    }

    /// Runs `write` without SIGPIPE, which would end the process when the peer has closed the socket.
    package static func withoutPipeSignal<Result>(_ write: () -> Result) -> Result {
        var pipe = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&pipe)
        unsafe sigaddset(&pipe, SIGPIPE)
        let wasPending = isPipeSignalPending
        unsafe pthread_sigmask(SIG_BLOCK, &pipe, &before)
        defer {
            var number: Int32 = 0
            if !wasPending, isPipeSignalPending { unsafe sigwait(&pipe, &number) }
            unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return write()
    }

    private static var isPipeSignalPending: Bool {
        var pending = sigset_t()
        unsafe sigpending(&pending)
        return unsafe sigismember(&pending, SIGPIPE) == 1
    }
}
