#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Any JSON value, with every number as the text that stands for it.
///
/// A decoder makes numbers of fixed size of them, which loses digits of a long one and refuses a large one.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a JSON text.
    ///
    /// - Throws: ``Malformed`` for bytes that are not one JSON value.
    init(_ bytes: [UInt8]) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw Malformed() }
    }

    /// The bytes are not a JSON text.
    struct Malformed: Error {}

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var isNull: Bool { self == .null }

    subscript(name: String) -> JSONValue? { object?[name] }

    /// The value as one line of JSON with sorted keys.
    var line: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): text.jsonText
        case .array(let elements): "[" + elements.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key.jsonText):\($0.value.line)" }
                .joined(separator: ",") + "}"
        }
    }

    /// Whether both values mean the same, numbers exactly, and null, an empty string and an empty collection being one.
    ///
    /// A provider that reads a resource again often returns one of these for another.
    func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            Set(left.keys).union(right.keys).allSatisfy { (left[$0] ?? .null).means(right[$0] ?? .null) }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.number(let left), .number(let right)): ExactDecimal(left) == ExactDecimal(right)
        default: self == other || isNothing && other.isNothing
        }
    }

    private var isNothing: Bool { [.null, .string(""), .array([]), .object([:])].contains(self) }

    /// The value as a whole number; also of a string, as OpenTofu and Terraform write the numbers of a map of strings.
    var integer: Int? {
        switch self {
        case .number(let text), .string(let text): Int(text)
        default: nil
        }
    }
}

/// A decimal number of any size: `1e2`, `100` and `100.0` are equal.
private struct ExactDecimal: Equatable {
    private var isNegative = false
    /// The digits without zeros at either end.
    private var digits: [UInt8] = []
    /// The power of ten of the last digit.
    private var exponent = 0

    init(_ text: String) {
        let parts = text.utf8.split(maxSplits: 1) { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
        let mantissa = Array(parts[0])
        isNegative = mantissa.first == UInt8(ascii: "-")
        let fraction = mantissa.drop { $0 != UInt8(ascii: ".") }.dropFirst()
        exponent = (parts.count > 1 ? Int(String(Substring(parts[1]))) ?? 0 : 0) - fraction.count
        digits = Array(
            mantissa.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") }.drop { $0 == UInt8(ascii: "0") })
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }
}

/// Reads a JSON text (RFC 8259) byte by byte.
private struct Reader {
    let bytes: [UInt8]
    var position = 0

    private static let depthLimit = 512

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { position += 1 }
    }

    mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
        guard depth < Self.depthLimit else { throw JSONValue.Malformed() }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONValue.Malformed) {
        skipSpace()
        guard take(byte) else { throw JSONValue.Malformed() }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONValue.Malformed) -> JSONValue {
        for byte in word.description.utf8 {
            guard take(byte) else { throw JSONValue.Malformed() }
        }
        return value
    }

    private mutating func members(depth: Int) throws(JSONValue.Malformed) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try expect(UInt8(ascii: "{"))
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            let name = try string()
            try expect(UInt8(ascii: ":"))
            members[name] = try value(depth: depth + 1)
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func elements(depth: Int) throws(JSONValue.Malformed) -> [JSONValue] {
        var elements: [JSONValue] = []
        try expect(UInt8(ascii: "["))
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func digits() throws(JSONValue.Malformed) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw JSONValue.Malformed() }
    }

    private mutating func number() throws(JSONValue.Malformed) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        let start = position
        guard take(UInt8(ascii: "\"")) else { throw JSONValue.Malformed() }
        var isPlain = true
        while let byte = next, byte != UInt8(ascii: "\"") {
            isPlain = isPlain && byte != UInt8(ascii: "\\")
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard take(UInt8(ascii: "\"")) else { throw JSONValue.Malformed() }
        let content = bytes[(start + 1)..<(position - 1)]
        if isPlain, let text = String(validating: content, as: UTF8.self) { return text }
        guard let text = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<position])) else {
            throw JSONValue.Malformed()
        }
        return text
    }
}
