/// A JSON text that is parsed and validated, but not decoded.
///
/// The parser is strict (RFC 8259). It accepts only UTF-8 without a byte order mark, no duplicate members, no lone
/// surrogates and at most ``depthLimit`` nested containers. The document keeps the text, so that numbers keep all their
/// digits and every value knows its bytes.
public final class JSONDocument: Sendable {
    /// The maximum depth of nested objects and arrays, chosen so that recursive code fits on a small stack.
    public static let depthLimit = 512

    let text: [UInt8]
    let entries: [JSONEntry]
    private let start: Int
    /// The bytes that ``init(_:in:stoppingBefore:)`` left unread; `nil` when the whole text was read.
    ///
    /// The range extends from the value of the member before which the parser stopped to the bracket that ends the
    /// text, without that bracket.
    public let unread: Range<Int>?

    /// Parses a text or a range of it; offsets always count from the first byte of `text`.
    public convenience init(_ text: [UInt8], in range: Range<Int>? = nil) throws(JSONError) {
        try self.init(text, range ?? 0..<text.count, stoppingBefore: nil)
    }

    /// Parses the members of an object that come before the one with a name.
    ///
    /// The value of that member and everything after it remain ``unread`` and unchecked. The whole object is read when
    /// there is no such member.
    public convenience init(
        _ text: [UInt8], in range: Range<Int>? = nil, stoppingBefore name: String
    ) throws(JSONError) {
        try self.init(text, range ?? 0..<text.count, stoppingBefore: name)
    }

    private init(_ text: [UInt8], _ range: Range<Int>, stoppingBefore name: String?) throws(JSONError) {
        let span = text.span
        guard range.upperBound < 1 << 31 else {
            throw JSONError(.tooLarge, at: range.lowerBound, in: span, from: range.lowerBound)
        }
        var parser = JSONParser(range)
        try parser.parse(span, stoppingBefore: name)
        self.text = text
        entries = parser.entries
        start = range.lowerBound
        guard let stop = parser.stop else {
            unread = nil
            return
        }
        let end = text[range].lastIndex { !Self.isSpace($0) } ?? range.lowerBound
        guard text[end] == UInt8(ascii: "}"), end > stop else {
            throw JSONError(.unexpectedEnd, at: range.upperBound, in: span, from: range.lowerBound)
        }
        unread = stop..<end
    }

    /// The outermost value.
    public var root: JSONNode { JSONNode(document: self, index: 0) }

    /// Returns the line and the column of a byte; both start with 1, and columns count Unicode characters.
    public func place(of offset: Int) -> (line: Int, column: Int) {
        let text = text
        return JSONError.place(of: offset, in: text.span, from: start)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x0A, 0x0D, 0x09].contains(byte) }

    func string(_ index: Int) -> String {
        let text = text
        return entries[index].string(text.span)
    }

    /// Returns the coding path from the outermost value to this one.
    func path(to index: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var container = 0
        descend: while container < index {
            let isObject = entries[container].kind == .object
            var entry = container + 1
            for number in 0..<Int(entries[container].count) {
                let value = isObject ? entry + 1 : entry
                if index < Int(entries[value].next) {
                    path.append(isObject ? JSONKey(string(entry)) : JSONKey(number))
                    container = value
                    continue descend
                }
                entry = Int(entries[value].next)
            }
            break
        }
        return path
    }
}
