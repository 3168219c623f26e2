/// Why a store could not do what it was asked for.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        // Nothing is changed when one of these is thrown.
        case cannotOpenFolder, cannotRead, lockUnusable, cancelled, lockLost, conflict, notWritable
        /// Another process held the lock the whole time; with its record.
        case locked(record: [UInt8]?, waited: Duration)
        case insufficientSpace(available: Int, needed: Int)
        case cannotWrite
        // Something may be changed when one of these is thrown.
        case durabilityUnknown, cannotRemove
    }

    package let code: Code
    /// What failed, on what, why, and what leads out.
    package let message: String
    package let path: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, path: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.cause = cause
    }

    package var description: String { cause.map { "\(message) [\($0)]" } ?? message }
}
