/// Any JSON value.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    public init(_ node: JSONNode) {
        let document = node.document
        switch node.entry.kind {
        case .null: self = .null
        case .no: self = .bool(false)
        case .yes: self = .bool(true)
        case .number: self = .number(JSONNumber(known: document.string(node.index)))
        case .string: self = .string(document.string(node.index))
        case .array: self = .array(JSONElements(of: node).map(JSONValue.init))
        case .object: self = .object(JSONObject(JSONMembers(of: node).map { ($0, JSONValue($1)) }))
        }
    }

    /// Parses a text.
    public init(parsing text: [UInt8]) throws(JSONError) { self.init(try JSONDocument(text).root) }

    public init(_ integer: some BinaryInteger) { self = .number(JSONNumber(integer)) }

    /// Creates the JSON of a value.
    public init(encoding value: some Encodable) throws { self = try JSONTextEncoder().value(of: value) }

    /// Decodes a value from this JSON.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONTextDecoder().decode(type, from: text())
    }

    /// Returns the text of the value.
    ///
    /// - Throws: ``JSONError`` when more than ``JSONDocument/depthLimit`` containers are nested.
    public func text(_ style: JSONStyle = []) throws(JSONError) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return try writer.text(style)
    }

    /// The member of an object; `nil` for other kinds of values, and when the member is missing or null.
    public subscript(name: String) -> JSONValue? { object?[name].flatMap { $0.isNull ? nil : $0 } }

    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    public var number: JSONNumber? { if case .number(let number) = self { number } else { nil } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var isNull: Bool { if case .null = self { true } else { false } }
}
