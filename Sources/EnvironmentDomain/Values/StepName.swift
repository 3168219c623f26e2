/// The name of a step: lower-case ASCII letters, digits and underscores, a letter first, at most 100 characters.
public struct StepName: LiteralText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isIdentifier else {
            throw InvalidValue(
                kind: "step name", text: text, rule: String.identifierRule, example: "create_instance")
        }
        self.text = text
    }
}

extension String {
    static let identifierRule = "1 to 100 lower-case letters, digits and underscores, a letter first"

    var isIdentifier: Bool {
        consists(of: .lower, then: [.lower, .digits, .underscore], length: 1...100)
    }
}
