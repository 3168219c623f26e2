/// The grammar of JSON (RFC 8259), for saying where a text leaves it: not every system's decoder does.
struct JSONSyntax {
    private let text: [UInt8]
    private var position = 0

    /// The offset of the first byte that cannot stand where it does; the text's length when it ends too early; nil when
    /// the text is JSON.
    static func firstError(in text: [UInt8]) -> Int? {
        var syntax = JSONSyntax(text: text)
        return syntax.skipText() ? nil : syntax.position
    }

    /// A JSON text without the space between its tokens.
    static func withoutSpaces(_ text: ArraySlice<UInt8>) -> [UInt8] {
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

    private init(text: [UInt8]) { self.text = text }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    /// Skips a value and the space around it; otherwise the position is that of the error.
    private mutating func skipText() -> Bool {
        // The bytes that end what is open; a stack of its own, because a damaged text may nest without end.
        var open: [UInt8] = []
        while true {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"):
                position += 1
                if !skip("}") {
                    open.append(UInt8(ascii: "}"))
                    guard skipKey() else { return false }
                    continue
                }
            case UInt8(ascii: "["):
                position += 1
                if !skip("]") {
                    open.append(UInt8(ascii: "]"))
                    continue
                }
            case UInt8(ascii: "\""): guard skipString() else { return false }
            case UInt8(ascii: "t"): guard skipWord("true") else { return false }
            case UInt8(ascii: "f"): guard skipWord("false") else { return false }
            case UInt8(ascii: "n"): guard skipWord("null") else { return false }
            default: guard skipNumber() else { return false }
            }
            while let end = open.last, skip(Unicode.Scalar(end)) { open.removeLast() }
            guard let end = open.last else {
                skipSpace()
                return next == nil
            }
            guard skip(","), end != UInt8(ascii: "}") || skipKey() else { return false }
        }
    }

    private mutating func skipKey() -> Bool {
        skipSpace()
        return skipString() && skip(":")
    }

    private mutating func skipString() -> Bool {
        guard next == UInt8(ascii: "\"") else { return false }
        position += 1
        while let byte = next, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard skipEscape() else { return false }
            default: break
            }
        }
        return false
    }

    private mutating func skipEscape() -> Bool {
        guard let byte = next, "\"\\/bfnrtu".utf8.contains(byte) else { return false }
        position += 1
        guard byte == UInt8(ascii: "u") else { return true }
        for _ in 0..<4 {
            guard let digit = next, Character(Unicode.Scalar(digit)).isHexDigit else { return false }
            position += 1
        }
        return true
    }

    private mutating func skipNumber() -> Bool {
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { guard skipDigits() else { return false } }
        if next == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() else { return false }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() else { return false }
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func skipWord(_ word: String) -> Bool {
        for byte in word.utf8 {
            guard next == byte else { return false }
            position += 1
        }
        return true
    }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, [9, 10, 13, 32].contains(byte) { position += 1 }
    }
}
