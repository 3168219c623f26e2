/// The name of a parameter: lower-case ASCII letters, digits and underscores, a letter first, at most 100 characters.
///
/// A parameter is a value that differs between releases, for example `tag`. Shell steps receive it as the environment
/// variable `PARAM_TAG`.
public struct ParameterName: LiteralText, CodingKeyRepresentable {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isIdentifier else {
            throw InvalidValue(kind: "parameter name", text: text, rule: String.identifierRule, example: "tag")
        }
        self.text = text
    }

    public var codingKey: any CodingKey { ParameterKey(stringValue: text) }

    public init?<Key: CodingKey>(codingKey: Key) {
        do { try self.init(codingKey.stringValue) } catch { return nil }
    }
}

private struct ParameterKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
