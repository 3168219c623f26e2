public import EnvironmentDomain
import JSONText

/// The name of an output and the type of its value.
///
/// Declare the keys of a provider once, and use them in its steps and in the code that reads its environments:
///
/// ```swift
/// extension OutputKey where Value == Int { static let port = OutputKey("port") }
/// ```
///
/// An output is stored as text. Strings and numbers are stored as they are, without quotation marks, so that shell
/// steps can set and use them. Every other value is stored as JSON.
public struct OutputKey<Value: Codable & Sendable>: Hashable, Sendable {
    /// The output's name.
    public let name: String

    /// Creates a key from a name.
    ///
    /// - Throws: `InvalidValue` unless the name has 1 to 100 bytes in UTF-8 and consists of letters of any script,
    ///   digits, underscores and dashes, with a letter or an underscore first.
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
    /// The name of the environment variable that passes the output to programs of later steps, for example
    /// `OUTPUT_PORT`.
    public var variable: String { Outputs.variable(name) }
}

extension OutputKey: ExpressibleByStringLiteral {
    /// Creates a key from a literal; an invalid name traps with a message that shows the name and the rule.
    public init(stringLiteral name: String) {
        do {
            try self.init(name)
        } catch {
            trap(error.description)
        }
    }
}

extension OutputKey where Value == String {
    /// The address of the instance, which the provision phase must set.
    public static let instanceAddress = OutputKey("instance_address")
}

extension OutputKey {
    /// Returns the text to store for a value.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` when the value cannot be encoded as JSON.
    func text(of value: Value) throws(StepError) -> String {
        switch value {
        case let value as any ValidatedText: return value.text
        case let value as any RawRepresentable<String>: return value.rawValue
        case let value as any LosslessStringConvertible: return value.description
        default:
            do {
                // Member names are sorted so that equal values have equal texts.
                return String(decoding: try JSONTextEncoder(style: .sortedNames).encode(value), as: UTF8.self)
            } catch {
                throw StepError(
                    kind: .invalidOutput, summary: "the output \(name) cannot be stored: \(StepError.text(of: error))"
                )
            }
        }
    }

    /// Returns the value of a stored text.
    ///
    /// - Throws: ``OutputError`` when the text does not represent a `Value`.
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
