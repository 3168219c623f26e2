#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Takes apart a text that is known to be JSON.
struct JSONReader {
    private let text: [UInt8]
    private var position = 0

    /// How many arrays and objects may be inside each other.
    private static let depthLimit = 512

    init(_ text: [UInt8]) { self.text = text }

    mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
        guard depth < Self.depthLimit else {
            throw JSONValue.Malformed(reason: "more than \(Self.depthLimit) arrays and objects are inside each other")
        }
        skipSpace()
        switch text[position] {
        case UInt8(ascii: "{"):
            position += 1
            var members: [String: JSONValue] = [:]
            while !take("}") {
                let name = try string()
                _ = take(":")
                guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                    throw JSONValue.Malformed(reason: "the key \"\(name)\" appears twice in one object")
                }
                _ = take(",")
            }
            return .object(members)
        case UInt8(ascii: "["):
            position += 1
            var values: [JSONValue] = []
            while !take("]") {
                values.append(try value(depth: depth + 1))
                _ = take(",")
            }
            return .array(values)
        case UInt8(ascii: "\""): return .string(try string())
        default:
            let start = position
            while position < text.count, !",]} \t\r\n".utf8.contains(text[position]) { position += 1 }
            let word = String(decoding: text[start..<position], as: UTF8.self)
            switch word {
            case "null": return .null
            case "true", "false": return .bool(word == "true")
            default:
                guard let integer = Int64(word), "\(integer)" == word else { return .number(word) }
                return .integer(integer)
            }
        }
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        skipSpace()
        let start = position
        position += 1
        var isPlain = true
        while text[position] != UInt8(ascii: "\"") {
            let isEscape = text[position] == UInt8(ascii: "\\")
            isPlain = isPlain && !isEscape
            position += isEscape ? 2 : 1
        }
        position += 1
        if isPlain { return String(decoding: text[(start + 1)..<(position - 1)], as: UTF8.self) }
        guard let string = try? JSONDecoder().decode(String.self, from: Data(text[start..<position])) else {
            throw JSONValue.Malformed(reason: "a string has an escape that is no character of Unicode")
        }
        return string
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < text.count, text[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < text.count, " \t\r\n".utf8.contains(text[position]) { position += 1 }
    }
}
