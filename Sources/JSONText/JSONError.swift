/// The reason why bytes are not a JSON text, and the place.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of the fault.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case unexpectedEnd = "the text ends here, in the middle of a value"
            case unexpectedByte = "this byte cannot stand here"
            case invalidUTF8 = "these bytes are not UTF-8"
            case loneSurrogate = "this escape is one half of a surrogate pair"
            case duplicateMember = "the object has two members of this name"
            case tooDeep = "more than 512 objects and arrays are open"
            case tooLarge = "the text is longer than 2 GiB"
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

        public var description: String { name.rawValue }
    }

    public let code: Code
    /// The offset of the first byte that is wrong, from 0; the number of bytes at an unexpected end.
    public let offset: Int
    /// The line of that byte, from 1.
    public let line: Int
    /// The column of that byte in bytes, from 1.
    public let column: Int

    init(_ code: Code, at offset: Int, in text: Span<UInt8>, from start: Int) {
        self.code = code
        self.offset = offset
        var line = 1
        var lineStart = start
        for index in start..<offset where text[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        self.line = line
        column = offset - lineStart + 1
    }

    public var description: String { "line \(line), column \(column): \(code)" }
}
