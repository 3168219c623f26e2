/// An error in a JSON text, with its position.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of the error.
    public struct Code: Hashable, Sendable {
        private enum Name {
            case unexpectedEnd, unexpectedByte, invalidUTF8, loneSurrogate, duplicateMember, tooDeep, tooLarge
        }
        private let name: Name

        /// The text ends before its value does, so that a longer text may be valid.
        public static let unexpectedEnd = Code(name: .unexpectedEnd)
        /// The grammar does not allow the byte at this position.
        public static let unexpectedByte = Code(name: .unexpectedByte)
        /// A string contains bytes that are not UTF-8.
        public static let invalidUTF8 = Code(name: .invalidUTF8)
        /// An escape `\uD800` to `\uDFFF` lacks its other half.
        public static let loneSurrogate = Code(name: .loneSurrogate)
        /// An earlier member of the same object has the same name.
        public static let duplicateMember = Code(name: .duplicateMember)
        /// More than ``JSONDocument/depthLimit`` containers are nested.
        public static let tooDeep = Code(name: .tooDeep)
        /// The text has 2 GiB or more.
        public static let tooLarge = Code(name: .tooLarge)
    }

    public let code: Code
    /// The offset of the first wrong byte, starting with 0; at an unexpected end, the number of bytes.
    public let offset: Int
    /// The line of that byte, starting with 1.
    public let line: Int
    /// The column of that byte in Unicode characters, starting with 1.
    public let column: Int
    /// The description of the error without its position, for people.
    public let reason: String
    /// The path of the object with a duplicate member, such as `provision[0]`; empty for the outermost object and for
    /// other errors.
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

    /// Returns the character at an offset in quotation marks.
    static func character(at offset: Int, in text: Span<UInt8>) -> String { quoted(scalar(at: offset, in: text)) }

    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONEscape.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
