/// A validated text that can be written as a string literal.
///
/// An invalid literal ends the process with a message that shows the text and the rule. Text that is not a literal goes
/// through the throwing initializer.
public protocol LiteralText: ValidatedText, ExpressibleByStringLiteral where StringLiteralType == String {}

extension LiteralText {
    public init(stringLiteral literal: String) {
        do {
            try self.init(literal)
        } catch {
            trap(error.description)
        }
    }
}
