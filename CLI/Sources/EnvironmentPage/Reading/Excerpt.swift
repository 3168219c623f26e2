/// Lines of a text file.
public struct Excerpt: Hashable, Sendable {
    /// The path of the file.
    public let path: String
    /// The lines; `nil` when the file is not on this machine.
    public let lines: [String]?

    /// Describes lines of a file.
    public init(path: String, lines: [String]?) {
        self.path = path
        self.lines = lines
    }
}
