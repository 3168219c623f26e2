#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A failed system call, with its subject and the reason.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system call, for example `openat`.
    package let call: String
    /// The path or other object that the call was about.
    package let subject: String
    /// The `errno` value.
    package let number: Int32

    package init(call: String, subject: String, number: Int32) {
        self.call = call
        self.subject = subject
        self.number = number
    }

    /// The reason in words, for example `Permission denied`.
    ///
    /// For `ELOOP` the words say whether the path is a symbolic link or its links form a circle.
    package var reason: String {
        guard number == ELOOP else { return unsafe String(cString: strerror(number)) }
        var status = stat()
        let leadsInCircle = unsafe stat(subject, &status) != 0 && errno == ELOOP
        return leadsInCircle ? "Its symbolic links lead in a circle" : "It is a symbolic link"
    }

    /// Returns the reason and, if known, the advice, as sentences that end with a period.
    ///
    /// - Parameter target: The path to move an obstacle to; `nil` for a new name in the same folder.
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
    /// Whether the file system does not support the operation, as exFAT, SMB and many FUSE file systems do not support
    /// hard links.
    package var isNotSupported: Bool { [EPERM, EOPNOTSUPP, ENOTSUP, ENOSYS, EXDEV, EMLINK].contains(number) }
    /// Whether a folder, a link, a pipe or a device exists where a regular file is needed.
    package var isNotRegularFile: Bool { [ENXIO, EISDIR, ELOOP].contains(number) }
    package var wouldBlock: Bool { number == EWOULDBLOCK || number == EAGAIN }
}

/// Runs a system call that returns -1 for an error, repeats it after `EINTR`, and throws a ``SystemError`` for any
/// other error.
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

    /// Returns the error for a folder that belongs to another user.
    package static func notOwned(_ path: String) -> SystemError {
        SystemError(call: "fstat", subject: path, number: EPERM)
    }

    /// Returns the error for a file whose content differs from what was written.
    package static func changed(_ path: String) -> SystemError {
        SystemError(call: "pread", subject: path, number: EIO)
    }
}
