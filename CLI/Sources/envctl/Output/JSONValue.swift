import CommandLineProgram

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Any JSON value, to take apart and to put together; every digit of a number stays.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Any other number, as it is written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses a text.
    ///
    /// - Throws: ``Malformed`` with the place and the reason.
    init(parsing text: [UInt8]) throws(Malformed) {
        if let reason = reasonNotJSON(text) { throw Malformed(reason: reason) }
        var reader = JSONReader(text)
        self = try reader.value(depth: 0)
    }

    /// A text is not JSON, or not what this program reads of it.
    struct Malformed: Error {
        let reason: String
    }

    /// Makes the JSON of a value.
    init(encoding value: some Encodable) throws { try self.init(parsing: Array(JSONEncoder().encode(value))) }

    /// Decodes a value from this JSON.
    func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(jsonText().utf8))
    }

    /// The value as JSON on one line.
    func jsonText() throws -> String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let text): text
        case .string(let text): try Self.quoted(text)
        case .array(let values): "[" + (try values.map { try $0.jsonText() }.joined(separator: ",")) + "]"
        case .object(let members):
            "{"
                + (try members.sorted { $0.key < $1.key }
                    .map { "\(try Self.quoted($0.key)):\(try $0.value.jsonText())" }.joined(separator: ",")) + "}"
        }
    }

    private static func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }

    /// The member of an object; nil when there is none, or null.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self, let value = members[name], value != .null else { return nil }
        return value
    }

    var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}
