/// One value of a parsed text.
///
/// What is asked of the wrong kind of value throws a `DecodingError` with the coding path, whose underlying error is a
/// ``JSONNodeError`` with the place in the text.
public struct JSONNode: Sendable {
    /// The kinds of JSON values.
    public enum Kind: String, Hashable, Sendable {
        case null, boolean, number, string, array, object
    }

    public let document: JSONDocument
    let index: Int

    var entry: JSONEntry { document.entries[index] }

    public var kind: Kind {
        switch entry.kind {
        case .null: .null
        case .no, .yes: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    public var isNull: Bool { entry.kind == .null }

    /// The offsets of the value's bytes in the text, with the quotation marks of a string.
    public var range: Range<Int> { entry.wholeRange }

    /// The value's bytes as they are in the text.
    public var bytes: ArraySlice<UInt8> { document.text[range] }

    /// The names and indexes from the outermost value to this one.
    public var codingPath: [any CodingKey] { document.path(to: index) }

    /// The number of members or elements; 0 for other values.
    public var count: Int { Int(entry.count) }

    public func string() throws -> String {
        guard entry.kind == .string else { throw mismatch(String.self) }
        return document.string(index)
    }

    public func boolean() throws -> Bool {
        switch entry.kind {
        case .yes: return true
        case .no: return false
        default: throw mismatch(Bool.self)
        }
    }

    /// The number with all its digits.
    public func number() throws -> JSONNumber {
        guard entry.kind == .number else { throw mismatch(JSONNumber.self) }
        return JSONNumber(known: document.string(index))
    }

    /// The number, when it is a whole one that the type can hold, however it is written: `100`, `1e2`, `100.0`.
    public func integer<Number: FixedWidthInteger>(as type: Number.Type = Int.self) throws -> Number {
        guard entry.kind == .number else { throw mismatch(type) }
        if entry.isPlain, entry.length <= 18 {
            var value: Int64 = 0
            var isNegative = false
            for byte in document.text[entry.range] {
                if byte == UInt8(ascii: "-") { isNegative = true } else { value = value &* 10 &+ Int64(byte &- 0x30) }
            }
            if let number = Number(exactly: isNegative ? -value : value) { return number }
        } else if let number = JSONNumber(known: document.string(index)).integer(as: type) {
            return number
        }
        throw corrupted("\(document.string(index)) is not a number that \(type) can hold")
    }

    /// The members of an object, in their order.
    public func members() throws -> JSONMembers {
        guard entry.kind == .object else { throw mismatch([String: JSONValue].self) }
        return JSONMembers(of: self)
    }

    /// The elements of an array, in their order.
    public func elements() throws -> JSONElements {
        guard entry.kind == .array else { throw mismatch([JSONValue].self) }
        return JSONElements(of: self)
    }

    /// The member of an object; nil for any other value and when there is none.
    public subscript(name: String) -> JSONNode? {
        guard entry.kind == .object else { return nil }
        var members = JSONMembers(of: self)
        return members.member(name)
    }

    /// An error for a value of another kind, or for null.
    public func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = context("expected \(JSONNode.name(of: type)), found \(isNull ? "null" : "\(kind)")")
        return isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// An error for a value that means nothing where it is.
    public func corrupted(_ description: String) -> DecodingError { .dataCorrupted(context(description)) }

    /// An error for an object without a member.
    public func missing(_ key: any CodingKey) -> DecodingError {
        .keyNotFound(key, context("\"\(key.stringValue)\" is missing"))
    }

    private func context(_ description: String) -> DecodingError.Context {
        let place = document.place(of: range.lowerBound)
        return DecodingError.Context(
            codingPath: codingPath, debugDescription: description,
            underlyingError: JSONNodeError(offset: range.lowerBound, line: place.line, column: place.column))
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is [String: JSONValue].Type: "an object"
        case is [JSONValue].Type: "an array"
        case is any Numeric.Type, is JSONNumber.Type: "a number"
        default: "\(type)"
        }
    }
}

/// Where the value is in the text that could not be decoded.
public struct JSONNodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The offset of the value's first byte, from 0.
    public let offset: Int
    /// Its line, from 1.
    public let line: Int
    /// Its column in bytes, from 1.
    public let column: Int

    public var description: String { "line \(line), column \(column)" }
}
