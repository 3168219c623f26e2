/// An encoder of `Encodable` values as JSON.
///
/// Members are written in the order in which they are encoded, and those of dictionaries in any order, unless the style
/// sorts them. Numbers are written with the fewest digits that decode to the same number.
public struct JSONTextEncoder: Sendable {
    public var style: JSONStyle
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init(style: JSONStyle = []) { self.style = style }

    public func encode(_ value: some Encodable) throws -> [UInt8] {
        var writer = JSONWriter()
        try encode(value, to: &writer)
        return try writer.text(style)
    }

    /// Writes a value as a part of a larger text, compact and with its members in their order.
    public func encode(_ value: some Encodable, to writer: inout JSONWriter) throws {
        if let value = value as? any JSONConvertible {
            try value.write(to: &writer)
        } else {
            writer.write(try self.value(of: value))
        }
    }

    /// Returns the JSON of a value.
    public func value(of value: some Encodable) throws -> JSONValue {
        let part = JSONPart()
        try value.encode(to: JSONPartEncoder(part: part, codingPath: [], userInfo: userInfo))
        guard let json = part.value else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "it encodes nothing"))
        }
        return json
    }
}

/// A value that is being encoded; its containers can be filled in any order.
final class JSONPart {
    enum Content {
        case value(JSONValue)
        case array([JSONPart])
        case object(names: [String], parts: [String: JSONPart])
    }

    var content: Content?

    init(_ value: JSONValue? = nil) { content = value.map(Content.value) }

    /// The encoded value; `nil` when nothing was encoded.
    var value: JSONValue? {
        switch content {
        case .value(let value): value
        // A value that encodes nothing inside a container becomes an empty object, as in Foundation.
        case .array(let parts): .array(parts.map { $0.value ?? .object([:]) })
        case .object(let names, let parts):
            .object(JSONObject(names.map { ($0, parts[$0]?.value ?? .object([:])) }))
        case nil: nil
        }
    }

    func set(_ part: JSONPart, for name: String) {
        guard case .object(var names, var parts) = content else { return }
        content = nil
        if parts.updateValue(part, forKey: name) == nil { names.append(name) }
        content = .object(names: names, parts: parts)
    }

    func append(_ part: JSONPart) {
        guard case .array(var parts) = content else { return }
        content = nil
        parts.append(part)
        content = .array(parts)
    }
}

struct JSONPartEncoder: Encoder {
    let part: JSONPart
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = part.content {} else { part.content = .object(names: [], parts: [:]) }
        return KeyedEncodingContainer(KeyedPart<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = part.content {} else { part.content = .array([]) }
        return UnkeyedPart(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func child(_ key: any CodingKey) -> JSONPartEncoder {
        JSONPartEncoder(part: JSONPart(), codingPath: codingPath + [key], userInfo: userInfo)
    }

    func number(_ value: some BinaryFloatingPoint & LosslessStringConvertible, _ path: [any CodingKey]) throws
        -> JSONPart
    {
        guard let number = JSONNumber(value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "JSON has no number \(value)"))
        }
        return JSONPart(.number(number))
    }
}

extension JSONPartEncoder: SingleValueEncodingContainer {
    func encodeNil() { part.content = .value(.null) }
    func encode(_ value: Bool) { part.content = .value(.bool(value)) }
    func encode(_ value: String) { part.content = .value(.string(value)) }
    func encode(_ value: Double) throws { part.content = try number(value, codingPath).content }
    func encode(_ value: Float) throws { part.content = try number(value, codingPath).content }
    func encode(_ value: Int) { part.content = .value(JSONValue(value)) }
    func encode(_ value: Int8) { part.content = .value(JSONValue(value)) }
    func encode(_ value: Int16) { part.content = .value(JSONValue(value)) }
    func encode(_ value: Int32) { part.content = .value(JSONValue(value)) }
    func encode(_ value: Int64) { part.content = .value(JSONValue(value)) }
    func encode(_ value: UInt) { part.content = .value(JSONValue(value)) }
    func encode(_ value: UInt8) { part.content = .value(JSONValue(value)) }
    func encode(_ value: UInt16) { part.content = .value(JSONValue(value)) }
    func encode(_ value: UInt32) { part.content = .value(JSONValue(value)) }
    func encode(_ value: UInt64) { part.content = .value(JSONValue(value)) }
    func encode(_ value: some Encodable) throws { try value.encode(to: self) }
}

private struct KeyedPart<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: JSONPartEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func set(_ value: JSONValue, _ key: Key) { encoder.part.set(JSONPart(value), for: key.stringValue) }

    private func child(_ key: any CodingKey) -> JSONPartEncoder {
        let child = encoder.child(key)
        encoder.part.set(child.part, for: key.stringValue)
        return child
    }

    func encodeNil(forKey key: Key) { set(.null, key) }
    func encode(_ value: Bool, forKey key: Key) { set(.bool(value), key) }
    func encode(_ value: String, forKey key: Key) { set(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) throws {
        encoder.part.set(try encoder.number(value, codingPath + [key]), for: key.stringValue)
    }
    func encode(_ value: Float, forKey key: Key) throws {
        encoder.part.set(try encoder.number(value, codingPath + [key]), for: key.stringValue)
    }
    func encode(_ value: Int, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: Int8, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: Int16, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: Int32, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: Int64, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: UInt, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: UInt8, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: UInt16, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: UInt32, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: UInt64, forKey key: Key) { set(JSONValue(value), key) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: child(key)) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { child(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { child(JSONKey.super) }
    func superEncoder(forKey key: Key) -> any Encoder { child(key) }
}

private struct UnkeyedPart: UnkeyedEncodingContainer {
    let encoder: JSONPartEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { if case .array(let parts) = encoder.part.content { parts.count } else { 0 } }

    private func child() -> JSONPartEncoder {
        let child = encoder.child(JSONKey(count))
        encoder.part.append(child.part)
        return child
    }

    func encodeNil() { encoder.part.append(JSONPart(.null)) }
    func encode(_ value: some Encodable) throws { try value.encode(to: child()) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    func superEncoder() -> any Encoder { child() }
}
