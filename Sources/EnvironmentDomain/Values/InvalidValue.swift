/// A text that is not a valid value of its kind.
public struct InvalidValue: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of the value, for example `environment name`.
    public let kind: String
    /// The invalid text.
    public let text: String
    /// The rule for valid values.
    public let rule: String
    /// A valid value.
    public let example: String

    /// Creates the error.
    ///
    /// - Parameters:
    ///   - kind: The kind of the value, for example `environment name`.
    ///   - text: The invalid text.
    ///   - rule: The rule for valid values.
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
