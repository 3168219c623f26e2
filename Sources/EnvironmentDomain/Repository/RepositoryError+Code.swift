extension RepositoryError {
    /// The kind of a repository error, which also says whether anything was changed.
    ///
    /// New codes may be added, so a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case serializationFailed = "serialization_failed"
            case deserializationFailed = "deserialization_failed"
            case corruptedStateFile = "corrupted"
            case checksumMismatch = "checksum_mismatch"
            case schemaTooNew = "schema_too_new"
            case wrongEnvironment = "wrong_environment"
            case notRegularFile = "not_regular_file"
            case lockAcquisitionFailed = "locked"
            case lockUnusable = "lock_unusable"
            case lockLost = "lock_lost"
            case conflict
            case directoryCreationFailed = "directory_creation_failed"
            case foreignFolder = "foreign_folder"
            case insufficientSpace = "insufficient_space"
            case notWritable = "not_writable"
            case writeStateFailed = "write_failed"
            case readStateFailed = "read_failed"
            case storeNotPrepared = "store_not_prepared"
            case busy
            case recordRefused = "record_refused"
            case recordPending = "record_pending"
            case frozen
            case cancelled
            case durabilityUnknown = "durability_unknown"
            case deleteStateFailed = "delete_failed"
        }

        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The code as a word for programs, for example `locked`.
        public var rawValue: String { value.rawValue }
        public var description: String { rawValue }
        /// All codes of this version.
        public static var allCases: [Code] { Value.allCases.map(Code.init) }

        // Nothing was changed when one of the following is thrown.
        /// The document could not be encoded, or its encoded form does not decode to an equal document.
        public static let serializationFailed = Code(.serializationFailed)
        /// The state file is empty, truncated or not JSON.
        public static let deserializationFailed = Code(.deserializationFailed)
        /// The state file is JSON, but not the state of an environment.
        public static let corruptedStateFile = Code(.corruptedStateFile)
        /// The state file was edited or damaged.
        public static let checksumMismatch = Code(.checksumMismatch)
        /// The database has no tables for environments, or those of an earlier version of this package.
        public static let storeNotPrepared = Code(.storeNotPrepared)
        /// The state file was written by a newer version of this package.
        public static let schemaTooNew = Code(.schemaTooNew)
        /// The state file belongs to another environment.
        public static let wrongEnvironment = Code(.wrongEnvironment)
        /// The path of the state file or lock file is a link, a folder or a device.
        public static let notRegularFile = Code(.notRegularFile)
        /// Another command holds the environment and did not release it before the lock timeout.
        public static let lockAcquisitionFailed = Code(.lockAcquisitionFailed)
        /// The lock file cannot be used.
        public static let lockUnusable = Code(.lockUnusable)
        /// The lock file was removed or replaced while it was held.
        public static let lockLost = Code(.lockLost)
        /// The stored document is not the one that the lease last read or saved.
        public static let conflict = Code(.conflict)
        public static let directoryCreationFailed = Code(.directoryCreationFailed)
        /// The folder belongs to another user, or is not an environment's folder.
        public static let foreignFolder = Code(.foreignFolder)
        /// The disk has no space for the state.
        public static let insufficientSpace = Code(.insufficientSpace)
        /// This user may not write to the folder.
        public static let notWritable = Code(.notWritable)
        /// The state could not be written; the stored state is unchanged.
        public static let writeStateFailed = Code(.writeStateFailed)
        public static let readStateFailed = Code(.readStateFailed)
        /// A process that an earlier command started is still running.
        public static let busy = Code(.busy)
        /// A record cannot be applied because it is of another lineage or not newer.
        public static let recordRefused = Code(.recordRefused)
        /// An emergency record with a newer state has been neither applied nor declined.
        public static let recordPending = Code(.recordPending)
        /// The environment is frozen (``Freeze``).
        public static let frozen = Code(.frozen)
        /// The task was cancelled while it waited.
        public static let cancelled = Code(.cancelled)
        // Something may have been changed when one of the following is thrown.
        /// The new state is in place, but the operating system did not confirm that it survives a power cut.
        public static let durabilityUnknown = Code(.durabilityUnknown)
        /// Not everything could be removed.
        public static let deleteStateFailed = Code(.deleteStateFailed)
    }
}
