/// One value of a parsed text.
///
/// A method that does not apply to the kind of the value throws a `DecodingError` with the coding path. Its underlying
/// error is a ``JSONNodeError`` with the position in the text.
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

    /// The offsets of the value's bytes in the text, including the quotation marks of a string.
    public var range: Range<Int> { entry.wholeRange }

    /// The value's bytes in the text.
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

    /// Returns the number with all its digits.
    public func number() throws -> JSONNumber {
        guard entry.kind == .number else { throw mismatch(JSONNumber.self) }
        return JSONNumber(known: document.string(index))
    }

    /// Returns the number as an integer, in any of its spellings: `100`, `1e2`, `100.0`.
    ///
    /// - Throws: `DecodingError` when the number is not whole or the type cannot represent it.
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
        throw corrupted(
            "a whole number from \(Number.min) to \(Number.max) is expected, and not \(document.string(index))")
    }

    /// Returns the members of an object in their order.
    public func members() throws -> JSONMembers {
        guard entry.kind == .object else { throw mismatch([String: Any].self) }
        return JSONMembers(of: self)
    }

    /// Returns the elements of an array in their order.
    public func elements() throws -> JSONElements {
        guard entry.kind == .array else { throw mismatch([Any].self) }
        return JSONElements(of: self)
    }

    /// Returns the member of an object; `nil` for other kinds of values and when there is no such member.
    public subscript(name: String) -> JSONNode? {
        guard entry.kind == .object else { return nil }
        var members = JSONMembers(of: self)
        return members.member(name)
    }

    /// Returns the error for a value of another kind, or for null.
    public func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = context("expected \(JSONNode.name(of: type)), found \(isNull ? "null" : "\(kind)")")
        return isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// Returns the error for a value that is invalid at its position.
    public func corrupted(_ description: String) -> DecodingError { .dataCorrupted(context(description)) }

    /// Returns the error for an object without a required member.
    public func missing(_ name: String) -> DecodingError { missing(JSONKey(name)) }

    func missing(_ key: any CodingKey) -> DecodingError {
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
        case is [String: Any].Type: "an object"
        case is [Any].Type: "an array"
        case is any Numeric.Type, is JSONNumber.Type: "a number"
        default: "\(type)"
        }
    }
}

/// The position of a value that could not be decoded.
public struct JSONNodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The offset of the value's first byte, starting with 0.
    public let offset: Int
    /// The line of that byte, starting with 1.
    public let line: Int
    /// The column of that byte in Unicode characters, starting with 1.
    public let column: Int

    public var description: String { "line \(line), column \(column)" }
}
