/// A decoder of `Decodable` values from JSON.
public struct JSONTextDecoder: Sendable {
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init() {}

    /// Decodes a value from a text.
    ///
    /// - Throws: ``JSONError`` when the bytes are not JSON, or the error of the type's initializer. That is in general
    ///   a `DecodingError` with the coding path and, as its underlying error, a ``JSONNodeError`` with the position in
    ///   the text.
    public func decode<Value: Decodable>(_ type: Value.Type, from text: [UInt8]) throws -> Value {
        try decode(type, from: JSONDocument(text).root)
    }

    /// Decodes a value from a node of a parsed text.
    public func decode<Value: Decodable>(_ type: Value.Type, from node: JSONNode) throws -> Value {
        if let type = type as? any JSONConvertible.Type, let value = try type.init(json: node) as? Value {
            return value
        }
        return try Value(from: JSONNodeDecoder(node: node, userInfo: userInfo))
    }
}

struct JSONNodeDecoder: Decoder {
    let node: JSONNode
    let userInfo: [CodingUserInfoKey: Any]
    var codingPath: [any CodingKey] { node.codingPath }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedNode<Key>(members: try node.members(), userInfo: userInfo))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        UnkeyedNode(array: node, elements: try node.elements(), userInfo: userInfo)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension JSONNode {
    func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Number.Type) throws -> Number {
        guard kind == .number else { throw mismatch(type) }
        let number = try number()
        guard let value = number.floatingPoint(as: type) else {
            throw corrupted("a number up to \(Number.greatestFiniteMagnitude) is expected, and not \(number)")
        }
        return value
    }
}

extension JSONNodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { node.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try node.boolean() }
    func decode(_ type: String.Type) throws -> String { try node.string() }
    func decode(_ type: Double.Type) throws -> Double { try node.floatingPoint(type) }
    func decode(_ type: Float.Type) throws -> Float { try node.floatingPoint(type) }
    func decode(_ type: Int.Type) throws -> Int { try node.integer(as: type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try node.integer(as: type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try node.integer(as: type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try node.integer(as: type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try node.integer(as: type) }
    func decode(_ type: UInt.Type) throws -> UInt { try node.integer(as: type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try node.integer(as: type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try node.integer(as: type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try node.integer(as: type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try node.integer(as: type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }
}

/// A container of an object's members; a class, so that each search for a member starts where the last one ended.
private final class KeyedNode<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private var members: JSONMembers
    private let userInfo: [CodingUserInfoKey: Any]

    init(members: JSONMembers, userInfo: [CodingUserInfoKey: Any]) {
        self.members = members
        self.userInfo = userInfo
    }

    var codingPath: [any CodingKey] { members.object.codingPath }
    var allKeys: [Key] { JSONMembers(of: members.object).compactMap { Key(stringValue: $0.name) } }
    func contains(_ key: Key) -> Bool { members.member(key.stringValue) != nil }

    private func node(_ key: any CodingKey) throws -> JSONNode {
        guard let node = members.member(key.stringValue) else { throw members.object.missing(key) }
        return node
    }

    private func present(_ key: Key) -> JSONNode? { members.member(key.stringValue).flatMap { $0.isNull ? nil : $0 } }
    private func decoder(_ key: any CodingKey) throws -> JSONNodeDecoder {
        JSONNodeDecoder(node: try node(key), userInfo: userInfo)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try node(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try node(key).boolean() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try node(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try node(key).floatingPoint(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try node(key).floatingPoint(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try node(key).integer(as: type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try node(key).integer(as: type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try node(key).integer(as: type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try node(key).integer(as: type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try node(key).integer(as: type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try node(key).integer(as: type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try node(key).integer(as: type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try node(key).integer(as: type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try node(key).integer(as: type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try node(key).integer(as: type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: decoder(key))
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.string() }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key).map { try Value(from: JSONNodeDecoder(node: $0, userInfo: userInfo)) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try decoder(JSONKey.super) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct UnkeyedNode: UnkeyedDecodingContainer {
    let array: JSONNode
    var elements: JSONElements
    let userInfo: [CodingUserInfoKey: Any]
    private(set) var currentIndex = 0

    init(array: JSONNode, elements: JSONElements, userInfo: [CodingUserInfoKey: Any]) {
        self.array = array
        self.elements = elements
        self.userInfo = userInfo
    }

    var codingPath: [any CodingKey] { array.codingPath }
    var count: Int? { array.count }
    var isAtEnd: Bool { currentIndex == array.count }

    /// Passes the decoder of the next element to `decode`, and advances only when `decode` returns.
    private mutating func next<Value>(
        _ type: any Any.Type, _ decode: (JSONNodeDecoder) throws -> Value
    ) throws -> Value {
        var rest = elements
        guard let node = rest.next() else {
            throw DecodingError.valueNotFound(
                type,
                .init(
                    codingPath: codingPath + [JSONKey(currentIndex)],
                    debugDescription: "the array ends after \(currentIndex) elements"))
        }
        let value = try decode(JSONNodeDecoder(node: node, userInfo: userInfo))
        elements = rest
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        var rest = elements
        guard let node = rest.next() else { return try next(JSONValue.self) { $0.decodeNil() } }
        return node.isNull ? try next(JSONValue.self) { _ in true } : false
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next(type) { try Value(from: $0) }
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next(type) { try $0.container(keyedBy: type) }
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next((any UnkeyedDecodingContainer).self) { try $0.unkeyedContainer() }
    }
    mutating func superDecoder() throws -> any Decoder { try next((any Decoder).self) { $0 } }
}
