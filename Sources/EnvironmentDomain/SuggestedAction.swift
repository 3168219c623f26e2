/// Something to do about a failure: a sentence for people and, where there is one, a command line that does it.
public struct SuggestedAction: Hashable, Sendable, CustomStringConvertible {
    /// What to do, on one line.
    public let text: String
    /// A command line for a shell that works as it is; `nil` for none.
    public let command: String?

    /// Describes an action.
    ///
    /// - Parameters:
    ///   - text: What to do, on one line.
    ///   - command: A command line for a shell that works as it is; `nil` for none.
    public init(_ text: String, command: String? = nil) {
        self.text = text
        self.command = command
    }

    /// For example `Give the file room: rm -rf /srv/cache`.
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
