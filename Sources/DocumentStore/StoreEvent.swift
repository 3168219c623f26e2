package import OperatingSystem

/// Something that a store did unasked, or that somebody may want to know.
package enum StoreEvent: Sendable {
    /// Another process holds the lock; with its record.
    case waiting(record: [UInt8]?)
    /// Another process held the lock until the time to wait was over; with its record.
    case timedOut(record: [UInt8]?, waited: Duration)
    case lockAcquired
    /// The holder before ended without releasing the lock; with its record.
    case lockTakenOver(record: [UInt8])
    case lockReleased(held: Duration)
    case onNetworkFileSystem(String, device: UInt64)
    /// A file or folder was open to others.
    case modeTightened(path: String)
    /// What a crash left of a line was blanked.
    case tornLineBlanked
    /// The log was copied into a new file, because its last holder did not end in order.
    case logRewritten(serial: Int)
    case logRotated(serial: Int)
    case checkpointWritten(serial: Int)
    case saved(serial: Int)
    /// Something could not be done that does no harm now.
    case failed(String, path: String, SystemError?)
}
