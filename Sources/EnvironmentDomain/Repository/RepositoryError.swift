/// Why a repository could not do what it was asked for, and what to do about it.
public struct RepositoryError: Error, Sendable, CustomStringConvertible {
    public let code: Code
    /// Sentences for people: what was wrong with what, and the way out.
    public let message: String
    /// The file or folder it is about.
    public let path: String?
    /// The holder of the lock, where the lock is what is missing.
    public let holder: LeaseHolder?
    /// What caused it, down to the system call.
    public let cause: (any Error)?
    /// The path of the newest whole state, where what is stored is damaged or a record is newer.
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

    /// The message, for programmers: with the cause, and the call that recovers the newest whole state.
    public var description: String {
        let call = backup.map { " Recover it with recover(\"\($0)\", for: name)." } ?? ""
        return message + call + (cause.map { " [\($0)]" } ?? "")
    }
}
