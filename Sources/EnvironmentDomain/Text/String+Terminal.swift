extension String {
    /// The text on one line, without anything that a terminal would execute.
    ///
    /// Escape sequences (ECMA-48: control sequences such as colours, control strings such as titles) are removed. Any
    /// other control character becomes a space.
    package var withoutControlCharacters: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var text = String.UnicodeScalarView()
        var rest = unicodeScalars[...]
        while let scalar = rest.first {
            if rest.skipEscapeSequence() { continue }
            rest.removeFirst()
            text.append(scalar.isControl ? " " : scalar)
        }
        return String(text)
    }

    /// A printed line as a terminal would finally show it.
    ///
    /// A progress line is rewritten after each `\r`; the last text that shows something is taken.
    package var asPrinted: String {
        if isPlain { return self }
        let states = utf8.split(separator: UInt8(ascii: "\r")).map {
            String(decoding: $0, as: UTF8.self).withoutControlCharacters
        }
        return states.last { state in state.utf8.contains { $0 != UInt8(ascii: " ") } } ?? ""
    }

    /// Fast path: most lines have printable ASCII only.
    private var isPlain: Bool {
        var text = self
        return text.withUTF8 { bytes in unsafe bytes.allSatisfy { $0 >= 0x20 && $0 <= 0x7E } }
    }
}

extension Substring.UnicodeScalarView {
    /// Skips an escape sequence at the beginning.
    ///
    /// - Returns: `false` when there is no complete sequence; nothing is skipped then.
    fileprivate mutating func skipEscapeSequence() -> Bool {
        guard let first, first == "\u{1B}" || (0x80..<0xA0).contains(first.value) else { return false }
        var rest = dropFirst()
        // A control character from 0x80 to 0x9F stands for ESC and a character from 0x40 to 0x5F.
        let introducer: Unicode.Scalar?
        if first == "\u{1B}" {
            rest.skip(0x20...0x2F)
            introducer = rest.popFirst()
        } else {
            introducer = Unicode.Scalar(first.value - 0x40)
        }
        guard let introducer, (0x30...0x7E).contains(introducer.value) else { return false }
        switch introducer {
        case "[":
            rest.skip(0x30...0x3F)
            rest.skip(0x20...0x2F)
            guard let last = rest.popFirst(), (0x40...0x7E).contains(last.value) else { return false }
        case "]", "P", "X", "^", "_":
            let length = rest.firstIndex { $0 == "\u{07}" || $0 == "\u{9C}" || $0 == "\u{1B}" }
            guard let length else { return false }
            let isEscape = rest[length] == "\u{1B}"
            rest = rest[length...].dropFirst()
            if isEscape, rest.popFirst() != "\\" { return false }
        default: guard first == "\u{1B}" else { return false }
        }
        self = rest
        return true
    }

    private mutating func skip(_ values: ClosedRange<UInt32>) {
        self = drop { values.contains($0.value) }
    }
}
