/// One value or member name of a parsed text.
struct JSONEntry: Sendable {
    enum Kind: UInt8 { case null, no, yes, number, string, array, object }

    var kind: Kind
    /// Whether a string is ASCII without escapes, or a number has neither fraction nor exponent.
    var isPlain = true
    /// The offset of the first byte; of strings, behind the quotation mark.
    let start: UInt32
    /// The number of bytes; of strings, between the quotation marks.
    var length: UInt32 = 0
    /// The index of the entry behind this value and everything in it; of an open container, the one around it.
    var next: UInt32
    /// Containers: the number of members or elements.
    var count: UInt32 = 0

    init(_ kind: Kind, start: Int, next: Int) {
        self.kind = kind
        self.start = UInt32(truncatingIfNeeded: start)
        self.next = UInt32(truncatingIfNeeded: next)
    }

    var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    /// The bytes of the whole value, quotation marks included.
    var wholeRange: Range<Int> { kind == .string ? Int(start) - 1..<Int(start) + Int(length) + 1 : range }
}
