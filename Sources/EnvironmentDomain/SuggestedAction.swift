/// A suggestion after a failure: a sentence for people and, if possible, a command line that carries it out.
public struct SuggestedAction: Hashable, Sendable, CustomStringConvertible {
    /// The suggestion, on one line.
    public let text: String
    /// A complete shell command line; `nil` for none.
    public let command: String?

    /// Creates a suggestion.
    ///
    /// - Parameters:
    ///   - text: The suggestion, on one line.
    ///   - command: A complete shell command line; `nil` for none.
    public init(_ text: String, command: String? = nil) {
        self.text = text
        self.command = command
    }

    /// For example: `Give the file room: rm -rf /srv/cache`.
    public var description: String { command.map { "\(text): \($0)" } ?? text }
}

extension SuggestedAction: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.writeIfPresent(command, as: "command")
        try members.write(text, as: "text")
    }

    public init(stored members: StoredMemberReader) throws {
        command = try members.optional("command")
        text = try members.required("text")
    }
}
