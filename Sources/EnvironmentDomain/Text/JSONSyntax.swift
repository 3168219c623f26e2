/// The grammar of JSON (RFC 8259), for saying where a text leaves it: not every system's decoder does.
package struct JSONSyntax {
    private let text: [UInt8]
    private var position = 0

    /// The offset of the first byte that cannot stand where it does; the text's length when it ends too early; nil when
    /// the text is JSON.
    package static func firstError(in text: [UInt8]) -> Int? {
        var syntax = JSONSyntax(text: text)
        return syntax.skipText() ? nil : syntax.position
    }

    /// The line and the column of an offset in a text, both from 1; a column is a character of Unicode.
    package static func place(of offset: Int, in text: [UInt8]) -> (line: Int, column: Int) {
        let before = text[..<offset]
        let newline = UInt8(ascii: "\n")
        let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
        return (before.count { $0 == newline } + 1, before[start...].count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// Where and why a text is not JSON, for people; nil when it is.
    package static func explanation(of text: [UInt8]) -> String? {
        guard let offset = firstError(in: text) else {
            let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
                .map { "line \($0 + 1) is not text in UTF-8" }
        }
        let (line, column) = place(of: offset, in: text)
        return "line \(line), column \(column): \(reason(text, at: offset))"
    }

    private static func reason(_ text: [UInt8], at offset: Int) -> String {
        guard offset < text.count else { return "it ends in the middle" }
        let byte = text[offset]
        guard byte >= 0x20 else {
            return "a string goes over the end of the line or has a control character; a line end in it is written \\n"
        }
        let rest = String(decoding: text[offset...].prefix(8), as: UTF8.self)
        let character = rest.unicodeScalars.first.map(String.init) ?? ""
        let before = text[..<offset].last { ![9, 10, 13, 32].contains($0) }
        let hint =
            switch character {
            case "}", "]": before == UInt8(ascii: ",") ? "; the comma before it is one too many" : ""
            case "/", "#": "; JSON has no comments"
            case "'": "; a string begins and ends with \""
            case "\"":
                before == UInt8(ascii: ",") || before == UInt8(ascii: "{") ? "" : "; a comma is missing before it"
            case "{", "[": "; a comma is missing before it"
            default: ""
            }
        return "\(character.quotedAsJSON) cannot be here\(hint)"
    }

    /// A JSON text without the space between its tokens.
    package static func withoutSpaces(_ text: ArraySlice<UInt8>) -> [UInt8] {
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
