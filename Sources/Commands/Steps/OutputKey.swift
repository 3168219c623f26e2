public import EnvironmentDomain
import JSONText

/// The name of an output and the type of its value.
///
/// Declare the keys of a provider once, and use them in its steps and in what reads its environments:
///
/// ```swift
/// extension OutputKey where Value == Int { static let port = OutputKey("port") }
/// ```
///
/// An output is stored as a text. Texts and numbers are stored as they are written, without quotation marks, so that shell
/// steps can set and use them; every other value is stored as JSON.
public struct OutputKey<Value: Codable & Sendable>: Hashable, Sendable {
    /// The output's name.
    public let name: String

    /// Checks a name.
    ///
    /// - Throws: `InvalidValue` for a name that is not 1 to 100 bytes of letters, digits, underscores and dashes, a letter or
    ///   underscore first.
    public init(_ name: String) throws(InvalidValue) {
        guard Outputs.isName(name) else {
            throw InvalidValue(
                kind: "output name", text: name,
                rule: "1 to 100 letters, digits, underscores and dashes, a letter or underscore first",
                example: "instance_address")
        }
        self.name = name
    }
}

extension OutputKey {
    /// The environment variable in which programs of later steps get the output, for example `OUTPUT_PORT`.
    public var variable: String { Outputs.variable(name) }
}

extension OutputKey: ExpressibleByStringLiteral {
    /// Creates a key from a literal; one that is not a valid name traps and shows the text and the rule.
    public init(stringLiteral name: String) {
        do {
            try self.init(name)
        } catch {
            trap(error.description)
        }
    }
}

extension OutputKey where Value == String {
    /// Where the instance answers; provisioning must set it.
    public static let instanceAddress = OutputKey("instance_address")
}

extension OutputKey {
    /// The text that is stored for a value.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` for a value that has no JSON form.
    func text(of value: Value) throws(StepError) -> String {
        switch value {
        case let value as any ValidatedText: return value.text
        case let value as any RawRepresentable<String>: return value.rawValue
        case let value as any LosslessStringConvertible: return value.description
        default:
            do {
                // Sorted, so that equal values have equal texts.
                return String(decoding: try JSONTextEncoder(style: .sortedNames).encode(value), as: UTF8.self)
            } catch {
                throw StepError(
                    kind: .invalidOutput, summary: "the output \(name) cannot be stored: \(StepError.text(of: error))"
                )
            }
        }
    }

    /// The value of a stored text.
    ///
    /// - Throws: ``OutputError`` when the text is none of a `Value`.
    func value(of text: String) throws(OutputError) -> Value {
        let value: (any Sendable)?
        switch Value.self {
        case let type as any ValidatedText.Type: value = try? type.init(text)
        case let type as any RawRepresentable<String>.Type: value = Self.make(type, text)
        case let type as any LosslessStringConvertible.Type: value = type.init(text) as? Value
        default: value = try? JSONTextDecoder().decode(Value.self, from: Array(text.utf8))
        }
        guard let value = value as? Value else { throw OutputError(key: name, text: text, type: Value.self) }
        return value
    }

    private static func make<Raw: RawRepresentable<String>>(_ type: Raw.Type, _ text: String) -> Value? {
        Raw(rawValue: text) as? Value
    }
}
