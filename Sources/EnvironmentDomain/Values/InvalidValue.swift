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

    /// Creates the error.
    ///
    /// - Parameters:
    ///   - kind: What the value was meant to be, for example `environment name`.
    ///   - text: The text as it was given.
    ///   - rule: What a valid value looks like.
    ///   - example: A valid value.
    public init(kind: String, text: String, rule: String, example: String) {
        self.kind = kind
        self.text = text
        self.rule = rule
        self.example = example
    }

    public var description: String {
        "\(text.quotedAsJSON) is not a valid \(kind): \(rule); for example \"\(example)\""
    }
}
