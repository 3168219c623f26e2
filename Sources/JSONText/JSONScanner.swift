/// A scanner with a method for each kind of token of a JSON text (RFC 8259).
///
/// The text is an argument of every method, because a type that stores a span cannot be stored itself.
struct JSONScanner {
    let start: Int
    let end: Int
    private(set) var position: Int

    init(_ range: Range<Int>) {
        start = range.lowerBound
        end = range.upperBound
        position = start
    }

    func error(_ code: JSONError.Code, at offset: Int, _ text: Span<UInt8>) -> JSONError {
        JSONError(code, at: offset, in: text, from: start)
    }

    /// Returns the error for an unexpected byte at the present position, or for the end of the text.
    @inline(never)
    func unexpected(_ text: Span<UInt8>) -> JSONError {
        error(position < end ? .unexpectedByte : .unexpectedEnd, at: position, text)
    }

    /// Returns the error for a byte after the outermost value.
    @inline(never)
    func behindEnd(_ text: Span<UInt8>) -> JSONError {
        let reason =
            "\(JSONError.character(at: position, in: text)) cannot be here; the value ends before it, and a text holds one"
        return JSONError(.unexpectedByte, at: position, in: text, from: start, reason: reason)
    }

    /// Skips white space and returns the byte after it.
    @inline(__always)
    mutating func nextByte(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        skipSpace(text)
        guard position < end else { throw unexpected(text) }
        return text[position]
    }

    @inline(__always)
    mutating func advance() { position &+= 1 }

    @inline(__always)
    mutating func skipSpace(_ text: Span<UInt8>) {
        while position < end {
            switch text[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
            default: return
            }
        }
    }

    mutating func skipColon(_ text: Span<UInt8>) throws(JSONError) {
        guard try nextByte(text) == UInt8(ascii: ":") else { throw unexpected(text) }
        position &+= 1
    }

    mutating func skipWord(_ word: StaticString, _ text: Span<UInt8>) throws(JSONError) {
        for byte in word.description.utf8 {
            guard position < end, text[position] == byte else { throw unexpected(text) }
            position &+= 1
        }
    }

    /// Skips the rest of a string, from the byte after its first quotation mark.
    ///
    /// - Returns: Whether the string is ASCII without escapes.
    mutating func skipString(_ text: Span<UInt8>) throws(JSONError) -> Bool {
        var isPlain = true
        while true {
            while position &+ 8 <= end {
                let mark = Self.marks(
                    unsafe UInt64(
                        littleEndian: text.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)))
                position &+= mark == 0 ? 8 : mark.trailingZeroBitCount / 8
                if mark != 0 { break }
            }
            guard position < end else { throw unexpected(text) }
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position &+= 1
                return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                try skipEscape(text)
            case 0x20..<0x80: position &+= 1
            case 0x80...:
                isPlain = false
                try skipScalar(text)
            default: throw unexpected(text)
            }
        }
    }

    /// Returns a word with the highest bit of each byte set that is a quotation mark, a backslash, a control character
    /// or not ASCII.
    ///
    /// Bytes above the first marked byte may be marked without a reason.
    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let slash = word ^ (ones &* 0x5C)
        let hits = (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (slash &- ones) & ~slash | word
        return hits & 0x8080_8080_8080_8080
    }

    private mutating func skipEscape(_ text: Span<UInt8>) throws(JSONError) {
        let escape = position
        position += 1
        guard position < end else { throw unexpected(text) }
        switch text[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try skipHexadecimal(text)
            guard unit & 0xF800 == 0xD800 else { return }
            // The low surrogate must follow immediately.
            guard unit < 0xDC00 else { throw error(.loneSurrogate, at: escape, text) }
            for byte in #"\u"#.utf8 {
                guard position < end else { throw unexpected(text) }
                guard text[position] == byte else { throw error(.loneSurrogate, at: escape, text) }
                position += 1
            }
            guard try skipHexadecimal(text) & 0xFC00 == 0xDC00 else { throw error(.loneSurrogate, at: escape, text) }
        default: throw unexpected(text)
        }
    }

    private mutating func skipHexadecimal(_ text: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < end, let digit = JSONEscape.digit(text[position]) else { throw unexpected(text) }
            value = value << 4 | digit
            position += 1
        }
        return value
    }

    /// Skips a scalar of two to four bytes that is well-formed UTF-8 (Unicode 15, table 3-7).
    private mutating func skipScalar(_ text: Span<UInt8>) throws(JSONError) {
        let first = text[position]
        let length: Int
        let second: ClosedRange<UInt8>
        switch first {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw error(.invalidUTF8, at: position, text)
        }
        for index in 1..<length {
            guard position + index < end else { throw error(.unexpectedEnd, at: end, text) }
            guard (index == 1 ? second : 0x80...0xBF).contains(text[position + index]) else {
                throw error(.invalidUTF8, at: position, text)
            }
        }
        position += length
    }

    /// Skips a number.
    ///
    /// - Returns: Whether the number has neither a fraction nor an exponent.
    mutating func skipNumber(_ text: Span<UInt8>) throws(JSONError) -> Bool {
        if text[position] == UInt8(ascii: "-") { position &+= 1 }
        if position < end, text[position] == UInt8(ascii: "0") { position &+= 1 } else { try skipDigits(text) }
        var isPlain = true
        if position < end, text[position] == UInt8(ascii: ".") {
            isPlain = false
            position += 1
            try skipDigits(text)
        }
        if position < end, text[position] | 0x20 == UInt8(ascii: "e") {
            isPlain = false
            position += 1
            if position < end, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits(text)
        }
        return isPlain
    }

    private mutating func skipDigits(_ text: Span<UInt8>) throws(JSONError) {
        let first = position
        while position < end, text[position] &- 0x30 < 10 { position &+= 1 }
        if position == first { throw unexpected(text) }
    }
}
