import Commands

/// An infrastructure folder, or a file in it, that cannot be used.
public struct InfrastructureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path of the folder or the file.
    public let path: String
    /// What is wrong there and what is expected.
    public let reason: String

    /// Whether there is no such folder.
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
