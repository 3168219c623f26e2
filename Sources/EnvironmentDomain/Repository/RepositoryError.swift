/// Why a repository could not do what it was asked for, and what to do about it.
public struct RepositoryError: Error, Sendable, CustomStringConvertible {
    /// The kinds of errors; each says whether anything was changed.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        // Nothing is written when one of these is thrown.
        /// The document could not be encoded, or did not decode to what it was.
        case serializationFailed = "serialization_failed"
        /// The state file is empty, cut off or not JSON.
        case deserializationFailed = "deserialization_failed"
        /// The state file is JSON, and not that of an environment.
        case corruptedStateFile = "corrupted"
        /// The state file was edited or damaged.
        case checksumMismatch = "checksum_mismatch"
        /// The state file was written by a newer version.
        case schemaTooNew = "schema_too_new"
        /// The state file is that of another environment.
        case wrongEnvironment = "wrong_environment"
        /// The path of the state file or lock file is a link, a folder or a device.
        case notRegularFile = "not_regular_file"
        /// The state file is larger than any that is written here.
        case tooLarge = "too_large"
        /// Another command holds the environment and did not end in time.
        case lockAcquisitionFailed = "locked"
        /// The lock file cannot be used.
        case lockUnusable = "lock_unusable"
        /// The lock file was removed or replaced while it was held.
        case lockLost = "lock_lost"
        /// What is stored is not what the lease last saw.
        case conflict
        case directoryCreationFailed = "directory_creation_failed"
        /// The folder belongs to another user, or holds what is not an environment's.
        case foreignFolder = "foreign_folder"
        /// The disk has no room for the state.
        case insufficientSpace = "insufficient_space"
        /// This user may not write to the folder.
        case notWritable = "not_writable"
        /// The state could not be written; the one before is untouched.
        case writeStateFailed = "write_failed"
        case readStateFailed = "read_failed"
        /// A process that an earlier command started still works.
        case busy
        /// A record cannot be brought in: it is of another lineage, or not newer.
        case recordRefused = "record_refused"
        /// A newer state that could not be saved has been neither recovered nor declined.
        case recordPending = "record_pending"
        /// The environment is frozen (``Freeze``).
        case frozen
        /// The task was cancelled while it waited.
        case cancelled
        // Something may be changed when one of these is thrown.
        /// The new state is in place, and the system would not confirm that it survives a power cut.
        case durabilityUnknown = "durability_unknown"
        /// Not everything could be removed.
        case deleteStateFailed = "delete_failed"
    }

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

    /// The message, for programmers: with the cause, and the call that brings in the backup.
    public var description: String {
        let call = backup.map { " Bring it in with recover(\"\($0)\", for: name)." } ?? ""
        return message + call + (cause.map { " [\($0)]" } ?? "")
    }
}
