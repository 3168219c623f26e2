/// The reason why bytes are not a JSON text, and the place.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of the fault.
    public struct Code: Hashable, Sendable {
        private enum Name {
            case unexpectedEnd, unexpectedByte, invalidUTF8, loneSurrogate, duplicateMember, tooDeep, tooLarge
        }
        private let name: Name

        /// The text ends before its value does: a longer text may be whole.
        public static let unexpectedEnd = Code(name: .unexpectedEnd)
        /// A byte that the grammar does not allow at its place.
        public static let unexpectedByte = Code(name: .unexpectedByte)
        /// A string with bytes that are not UTF-8.
        public static let invalidUTF8 = Code(name: .invalidUTF8)
        /// An escape `\uD800` to `\uDFFF` without its other half.
        public static let loneSurrogate = Code(name: .loneSurrogate)
        /// A name that an earlier member of the same object has.
        public static let duplicateMember = Code(name: .duplicateMember)
        /// More than ``JSONDocument/depthLimit`` containers inside each other.
        public static let tooDeep = Code(name: .tooDeep)
        /// A text of 2 GiB or more.
        public static let tooLarge = Code(name: .tooLarge)
    }

    public let code: Code
    /// The offset of the first byte that is wrong, from 0; the number of bytes at an unexpected end.
    public let offset: Int
    /// The line of that byte, from 1.
    public let line: Int
    /// The column of that byte in characters of Unicode, from 1.
    public let column: Int
    /// What is wrong, as a sentence for people without the place.
    public let reason: String
    /// The object that has a member twice, such as `provision[0]`; empty for the outermost, and for other faults.
    public let object: String

    init(
        _ code: Code, at offset: Int, in text: Span<UInt8>, from start: Int, reason: String? = nil, object: String = ""
    ) {
        self.code = code
        self.offset = offset
        (line, column) = Self.place(of: offset, in: text, from: start)
        self.reason = reason ?? Self.reason(code, at: offset, in: text, from: start)
        self.object = object
    }

    public var description: String {
        code == .invalidUTF8 ? "line \(line) \(reason)" : "line \(line), column \(column): \(reason)"
    }

    static func place(of offset: Int, in text: Span<UInt8>, from start: Int) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        for index in start..<offset {
            if text[index] == UInt8(ascii: "\n") {
                (line, column) = (line + 1, 1)
            } else if text[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }

    private static func reason(_ code: Code, at offset: Int, in text: Span<UInt8>, from start: Int) -> String {
        switch code {
        case .unexpectedEnd: "it ends in the middle"
        case .invalidUTF8: "is not text in UTF-8"
        case .loneSurrogate: "this escape is one half of a surrogate pair, without the other"
        case .tooDeep: "more than \(JSONDocument.depthLimit) arrays and objects are inside each other"
        case .tooLarge: "it is longer than 2 GiB"
        default: unexpected(at: offset, in: text, from: start)
        }
    }

    private static func unexpected(at offset: Int, in text: Span<UInt8>, from start: Int) -> String {
        guard text[offset] >= 0x20 else {
            return "a string goes over the end of the line or has a control character; a line end in it is written \\n"
        }
        let character = scalar(at: offset, in: text)
        var index = offset - 1
        while index >= start, [0x09, 0x0A, 0x0D, 0x20].contains(text[index]) { index -= 1 }
        let before = index >= start ? text[index] : nil
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
        return "\(quoted(character)) cannot be here\(hint)"
    }

    private static func scalar(at offset: Int, in text: Span<UInt8>) -> String {
        let rest = text.extracting(offset..<min(offset + 4, text.count))
        return unsafe rest.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            .unicodeScalars.first.map(String.init) ?? ""
    }

    /// The character at a place, in quotation marks.
    static func character(at offset: Int, in text: Span<UInt8>) -> String { quoted(scalar(at: offset, in: text)) }

    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONEscape.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
