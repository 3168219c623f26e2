/// An error for an invalid command line.
public struct UsageError: Error, CustomStringConvertible {
    /// The description of the error.
    public let description: String

    public init(description: String) {
        self.description = description
    }
}
