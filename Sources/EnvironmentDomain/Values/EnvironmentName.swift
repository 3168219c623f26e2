/// The name of an environment: 1 to 63 lower-case ASCII letters, digits and single inner dashes, a letter first.
public struct EnvironmentName: LiteralText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isDashedName else {
            throw InvalidValue(kind: "environment name", text: text, rule: String.dashedNameRule, example: "my-env")
        }
        self.text = text
    }
}

extension String {
    static let dashedNameRule =
        "1 to 63 lower-case letters, digits and single inner dashes, a letter first"

    /// Whether the text is valid as a host name, as a folder name and as a command-line argument.
    var isDashedName: Bool {
        guard consists(of: .lower, then: [.lower, .digits, .dash], length: 1...63) else { return false }
        return utf8.last != dash && !zip(utf8, utf8.dropFirst()).contains { $0 == dash && $1 == dash }
    }

    private var dash: UInt8 {
        UInt8(ascii: "-")
    }
}
