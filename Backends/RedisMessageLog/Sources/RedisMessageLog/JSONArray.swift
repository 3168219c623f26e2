#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A JSON array taken apart without touching its elements: not a digit of a number is changed.
enum JSONArray {
    /// The texts of the elements; nil when the text is not a JSON array.
    static func elements(of text: [UInt8]) -> [[UInt8]]? {
        guard (try? JSONDecoder().decode([Anything].self, from: Data(text))) != nil,
            let start = text.firstIndex(of: UInt8(ascii: "[")), let end = text.lastIndex(of: UInt8(ascii: "]"))
        else { return nil }
        // The text is known to be JSON from here on, so brackets outside strings balance.
        var elements: [[UInt8]] = []
        var current: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in text[(start + 1)..<end] {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                current.append(byte)
                continue
            }
            switch byte {
            case UInt8(ascii: ","):
                if depth == 0 {
                    elements.append(current)
                    current = []
                    continue
                }
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case 9, 10, 13, 32: continue
            default: break
            }
            current.append(byte)
        }
        return current.isEmpty && elements.isEmpty ? [] : elements + [current]
    }

    /// Any JSON value.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }
}
