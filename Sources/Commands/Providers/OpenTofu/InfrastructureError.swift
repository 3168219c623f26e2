/// An infrastructure folder, or a file in it, that cannot be used.
public struct InfrastructureError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// What is wrong there and what is expected.
    public let reason: String

    init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String {
        "The infrastructure \(path) cannot be used: \(reason). Nothing was changed."
    }
}
