import Commands

/// An error for an infrastructure folder, or a file in it, that cannot be used.
public struct InfrastructureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path of the folder or the file.
    public let path: String
    /// The fault and the expectation.
    public let reason: String

    /// Whether the folder does not exist.
    package let isMissing: Bool

    init(path: String, reason: String, isMissing: Bool = false) {
        self.path = path
        self.reason = reason
        self.isMissing = isMissing
    }

    /// The path and the reason.
    public var description: String {
        "The infrastructure \(path) cannot be used: \(reason). Nothing was changed."
    }
}
