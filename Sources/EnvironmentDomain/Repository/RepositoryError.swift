/// An error of a repository, with the way to resolve it.
public struct RepositoryError: Error, Sendable, CustomStringConvertible {
    public let code: Code
    /// The description for people in whole sentences: what failed, on which name or path, why, and what to do.
    public let message: String
    /// The file or folder that the error is about.
    public let path: String?
    /// The holder of the lock, for an error about a lock that is held.
    public let holder: LeaseHolder?
    /// The underlying error, down to the failed system call.
    public let cause: (any Error)?
    /// The path of the newest complete state, when the stored state is damaged or an emergency record is newer.
    public let backup: String?

    public init(
        _ code: Code, _ message: String, path: String? = nil, holder: LeaseHolder? = nil, cause: (any Error)? = nil,
        backup: String? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.holder = holder
        self.cause = cause
        self.backup = backup
    }

    /// The message with the cause, and with the call that recovers the newest complete state; for programmers.
    public var description: String {
        let call = backup.map { " Recover it with recover(\"\($0)\", for: name)." } ?? ""
        return message + call + (cause.map { " [\($0)]" } ?? "")
    }
}
