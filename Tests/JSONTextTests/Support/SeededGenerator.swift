import JSONText

/// A random number generator with a seed (SplitMix64, Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func string() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "b", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{0}", "\u{1f}", "\u{7f}", "é", "\u{301}",
            "\u{2028}",
            "ク", "\u{FFFF}", "😀", "\u{10FFFF}", "{", "[", ",", ":",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...20, using: &self) {
            text.unicodeScalars.append(scalars[Int.random(in: 0..<scalars.count, using: &self)])
        }
        return text
    }

    mutating func number() -> JSONNumber {
        switch Int.random(in: 0..<3, using: &self) {
        case 0: JSONNumber(Int.random(in: -1000...1000, using: &self))
        case 1: JSONNumber(Int64(bitPattern: next()))
        default:
            JSONNumber(Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &self)) / 1024) ?? JSONNumber(0)
        }
    }

    mutating func value(depth: Int = 4) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .number(number())
        case 3, 4: return .string(string())
        case 5, 6:
            var elements: [JSONValue] = []
            for _ in 0..<Int.random(in: 0...5, using: &self) { elements.append(value(depth: depth - 1)) }
            return .array(elements)
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...5, using: &self) { object[string()] = value(depth: depth - 1) }
            return .object(object)
        }
    }
}
