/// A checked text that can be written as a literal.
///
/// A literal that is not valid traps and shows the text and the rule; text that is no literal goes through the throwing
/// initializer.
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
