/// One value or member name of a parsed text.
struct JSONEntry: Sendable {
    enum Kind: UInt8 { case null, no, yes, number, string, array, object }

    var kind: Kind
    /// Whether a string is ASCII without escapes, or a number has neither a fraction nor an exponent.
    var isPlain = true
    /// The offset of the first byte; for strings, the one after the quotation mark.
    let start: UInt32
    /// The number of bytes; for strings, without the quotation marks.
    var length: UInt32 = 0
    /// The index of the entry after this value and its contents; for an open container, the index of the enclosing one.
    var next: UInt32
    /// The number of members or elements of a container.
    var count: UInt32 = 0

    init(_ kind: Kind, start: Int, next: Int) {
        self.kind = kind
        self.start = UInt32(truncatingIfNeeded: start)
        self.next = UInt32(truncatingIfNeeded: next)
    }

    var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    /// The bytes of the value, including quotation marks.
    var wholeRange: Range<Int> { kind == .string ? Int(start) - 1..<Int(start) + Int(length) + 1 : range }
}
