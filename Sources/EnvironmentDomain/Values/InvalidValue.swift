/// A text that is not a valid value of its kind.
public struct InvalidValue: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the value was meant to be, for example `environment name`.
    public let kind: String
    /// The text as it was given.
    public let text: String
    /// What a valid value looks like.
    public let rule: String
    /// A valid value.
    public let example: String

    public var description: String {
        // A text that is far too long would hide the reason.
        let shown = text.utf8.count > 200 ? text.prefix(200) + "…" : text[...]
        return "\(String(shown).quotedAsJSON) is not a valid \(kind): \(rule); for example \"\(example)\""
    }
}
