/// The result of a program that exited.
public struct Execution: Hashable, Sendable {
    /// The exit status, 0 for success.
    public let status: Int32
    /// The program's standard output: at most its first 1,048,576 bytes, without the newline at the end.
    ///
    /// Invalid UTF-8 is replaced by U+FFFD. The step's log has the whole standard output and standard error.
    public let output: String
    /// Whether the program wrote more than ``output`` contains.
    public let isOutputCut: Bool
}
