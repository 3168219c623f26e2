/// Command lines that a command's help shows, as a person types them.
struct Examples: CustomStringConvertible {
    private let lines: [String]

    /// - Parameter lines: the words behind the tool's name.
    init(_ lines: [String]) { self.lines = lines }

    var description: String {
        (["Examples:", ""] + lines.map { "  \(Tool.name) \($0)" }).joined(separator: "\n")
    }
}
