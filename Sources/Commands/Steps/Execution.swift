/// The result of a program that a step ran to its end.
public struct Execution: Hashable, Sendable {
    /// The exit status, 0 for success.
    public let status: Int32
    /// What the program wrote to standard output: at most its first 1,048,576 bytes, without the newline at its end.
    ///
    /// Bytes that are not UTF-8 are replaced by U+FFFD. The step's log has all of them, and standard error too.
    public let output: String
    /// Whether ``output`` is less than the program wrote.
    public let isOutputCut: Bool
}
