#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call that failed: which one, on what, and the system's reason.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system call, for example `openat`.
    package let call: String
    /// The path it was about, or what else it was about.
    package let subject: String
    /// The `errno` value.
    package let number: Int32

    package init(call: String, subject: String, number: Int32) {
        self.call = call
        self.subject = subject
        self.number = number
    }

    /// The system's sentence for the reason, for example `Permission denied`.
    ///
    /// Where links are not followed, `ELOOP` says that there is one; where they are, that they lead in a circle.
    package var reason: String {
        guard number == ELOOP else { return unsafe String(cString: strerror(number)) }
        var status = stat()
        let leadsInCircle = unsafe stat(subject, &status) != 0 && errno == ELOOP
        return leadsInCircle ? "Its symbolic links lead in a circle" : "It is a symbolic link"
    }

    /// The reason, and behind it the way out where there is one: sentences that end with a period.
    ///
    /// - Parameter target: where what is in the way can be moved to; `nil` for a name beside it.
    package func reasonAndWayOut(movingTo target: String? = nil) -> String {
        "\(reason).\(wayOut(movingTo: target).map { " \($0)" } ?? "")"
    }

    package var description: String {
        "\(call) \(subject): \(reason) (errno \(number))"
    }

    package var isNotFound: Bool { number == ENOENT }
    package var alreadyExists: Bool { number == EEXIST }
    package var isNotPermitted: Bool { number == EACCES || number == EPERM || number == EROFS }
    package var isFull: Bool { number == ENOSPC || number == EDQUOT }
    package var wouldBlock: Bool { number == EWOULDBLOCK || number == EAGAIN }
}

/// Runs a system call that answers -1 for an error, again after `EINTR`, and turns `errno` into a ``SystemError``.
@discardableResult
func check<Result: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw SystemError(call: call, subject: subject(), number: number) }
    }
}

extension SystemError {
    package static var noSpace: Int32 { ENOSPC }

    /// A folder is another user's.
    package static func notOwned(_ path: String) -> SystemError {
        SystemError(call: "fstat", subject: path, number: EPERM)
    }

    /// What was written to a file is not what is read from it.
    package static func changed(_ path: String) -> SystemError {
        SystemError(call: "pread", subject: path, number: EIO)
    }
}
