import JSONText

/// What a JSON value may be, in the words of JSON Schema (draft 2020-12).
indirect enum JSONSchema: Sendable {
    case text, integer, number, boolean, anything
    /// A time in UTC, such as `2026-11-20T22:19:01.123Z`.
    case moment
    case oneOf([String])
    /// A text that matches a regular expression as a whole.
    case pattern(String)
    case nullable(JSONSchema)
    case either([JSONSchema])
    case list(of: JSONSchema)
    case atLeastOne(of: JSONSchema)
    case map(of: JSONSchema)
    case integerIn(Int, Int)
    /// A number; the first limit is left out when it is excluded.
    case numberIn(Double, Double, isFirstExcluded: Bool)
    /// A schema that is defined under this name.
    case named(String)
    case object(Members)

    /// The members of an object: those that are always there, and those that can be.
    struct Members: Sendable {
        var always: [String: JSONSchema] = [:]
        var sometimes: [String: JSONSchema] = [:]
        /// Whether an unknown member is an error.
        var isClosed = false

        /// These members and others.
        func and(_ other: Members) -> Members {
            Members(
                always: always.merging(other.always) { _, new in new },
                sometimes: sometimes.merging(other.sometimes) { _, new in new }, isClosed: isClosed)
        }
    }

    var json: JSONValue {
        switch self {
        case .anything: .object(JSONObject())
        case .text: Self.type("string")
        case .integer: Self.type("integer")
        case .number: Self.type("number")
        case .boolean: Self.type("boolean")
        case .moment: Self.pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z").json
        case .oneOf(let words): .object(JSONObject([("enum", .array(words.map(JSONValue.string)))]))
        case .pattern(let pattern):
            .object(JSONObject([("type", .string("string")), ("pattern", .string("^\(pattern)$"))]))
        case .nullable(let schema):
            .object(JSONObject([("anyOf", .array([schema.json, Self.type("null")]))]))
        case .either(let schemas): .object(JSONObject([("anyOf", .array(schemas.map(\.json)))]))
        case .list(let schema): .object(JSONObject([("type", .string("array")), ("items", schema.json)]))
        case .atLeastOne(let schema):
            .object(
                JSONObject([("type", .string("array")), ("items", schema.json), ("minItems", JSONValue(1))]))
        case .map(let schema):
            .object(JSONObject([("type", .string("object")), ("additionalProperties", schema.json)]))
        case .integerIn(let least, let most):
            .object(
                JSONObject([
                    ("type", .string("integer")), ("minimum", JSONValue(least)),
                    ("maximum", JSONValue(most)),
                ]))
        case .numberIn(let least, let most, let isFirstExcluded):
            .object(
                JSONObject([
                    ("type", .string("number")),
                    (isFirstExcluded ? "exclusiveMinimum" : "minimum", Self.number(least)),
                    ("maximum", Self.number(most)),
                ]))
        case .named(let name): .object(JSONObject([("$ref", .string("#/$defs/\(name)"))]))
        case .object(let members): members.json
        }
    }

    private static func type(_ name: String) -> JSONValue { .object(JSONObject([("type", .string(name))])) }
    private static func number(_ value: Double) -> JSONValue { JSONValue(Int(value)) }
}

extension JSONSchema.Members {
    fileprivate var json: JSONValue {
        let all = always.merging(sometimes) { always, _ in always }.sorted { $0.key < $1.key }
        var schema: [(String, JSONValue)] = [
            ("type", .string("object")),
            ("properties", .object(JSONObject(all.map { ($0.key, $0.value.json) }))),
            ("required", .array(always.keys.sorted().map(JSONValue.string))),
        ]
        if isClosed { schema.append(("additionalProperties", .bool(false))) }
        return .object(JSONObject(schema))
    }
}
