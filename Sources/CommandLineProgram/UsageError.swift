/// A command line that cannot be understood.
public struct UsageError: Error, CustomStringConvertible {
    /// What is wrong with it.
    public let description: String

    public init(description: String) {
        self.description = description
    }
}
