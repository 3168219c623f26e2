/// The white space of JSON texts that are known to be whole.
enum JSONLayout {
    /// The text without the white space between its tokens.
    static func compact(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var isInString = false
        var isEscaped = false
        for byte in text {
            if !isInString && (byte == 32 || (9...13).contains(byte)) { continue }
            result.append(byte)
            if byte == UInt8(ascii: "\"") && !isEscaped { isInString.toggle() }
            isEscaped = isInString && byte == UInt8(ascii: "\\") && !isEscaped
        }
        return result
    }

    /// A compact text with a member or element a line, indented by two spaces, and a newline at its end.
    static func pretty(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 2)
        var depth = 0
        func beginLine() {
            result.append(UInt8(ascii: "\n"))
            result.append(contentsOf: repeatElement(32, count: 2 * depth))
        }
        var position = 0
        while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                let start = position
                position += 1
                while position < text.count, text[position] != UInt8(ascii: "\"") {
                    position += text[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                result += text[start...min(position, text.count - 1)]
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                result.append(byte)
                if position + 1 < text.count, text[position + 1] == byte + 2 {
                    result.append(byte + 2)
                    position += 1
                } else {
                    depth += 1
                    beginLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                beginLine()
                result.append(byte)
            case UInt8(ascii: ","):
                result.append(byte)
                beginLine()
            case UInt8(ascii: ":"): result += " : ".utf8
            default: result.append(byte)
            }
            position += 1
        }
        return result + [UInt8(ascii: "\n")]
    }
}
