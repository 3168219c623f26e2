/// A JSON text that was checked and taken apart, and not decoded.
///
/// The reader is strict (RFC 8259): UTF-8 without byte order mark, no member twice, no half of a surrogate pair, at most
/// ``depthLimit`` containers inside each other. It keeps the text, so that numbers keep all their digits and every value
/// knows its bytes.
public final class JSONDocument: Sendable {
    /// How many objects and arrays may be inside each other: what recursive code can descend on a small stack.
    public static let depthLimit = 512

    let text: [UInt8]
    let entries: [JSONEntry]
    private let start: Int
    /// The bytes from the value of the member that ``init(_:in:stoppingBefore:)`` stopped before to the bracket that
    /// ends the text, without that bracket; nil when the whole text was read.
    public let unread: Range<Int>?

    /// Parses a text, or a part of the bytes that is one; offsets always count from the first byte of `text`.
    public convenience init(_ text: [UInt8], in range: Range<Int>? = nil) throws(JSONError) {
        try self.init(text, range ?? 0..<text.count, stoppingBefore: nil)
    }

    /// Parses the members of an object up to the one of this name, whose value and all behind it stay ``unread`` and
    /// unchecked.
    ///
    /// The whole object is read when there is no such member.
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

    /// The line and the column of a byte, in bytes and from 1.
    public func place(of offset: Int) -> (line: Int, column: Int) {
        let before = text[start..<offset]
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return (line, offset - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? start) + 1)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x0A, 0x0D, 0x09].contains(byte) }

    func string(_ index: Int) -> String {
        let text = text
        return entries[index].string(text.span)
    }

    /// The way from the outermost value to this one.
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
