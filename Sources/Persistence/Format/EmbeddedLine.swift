import EnvironmentDomain

/// The history line inside a document's bytes.
///
/// The document's member `event`, without the space that makes the document easy to read, is the line as it stands in the
/// history, so neither has to be encoded twice.
enum EmbeddedLine {
    private static let opening = Array("\n  \"event\" : {".utf8)
    private static let closing = Array("\n  }".utf8)

    /// The line; nil when there is none.
    static func text(in document: [UInt8]) -> [UInt8]? {
        // A member of the outermost object stands on a line of its own, two spaces from the edge; what is inside stands
        // deeper, and a text never holds a newline as it is.
        var start = document.count - opening.count
        while start >= 0, !document.holds(opening, at: start) { start -= 1 }
        guard start >= 0 else { return nil }
        start += opening.count - 1
        var end = start
        while end + closing.count <= document.count, !document.holds(closing, at: end) { end += 1 }
        guard end + closing.count <= document.count else { return nil }
        return JSONSyntax.withoutSpaces(document[start..<(end + closing.count)])
    }
}

extension [UInt8] {
    /// Whether these bytes stand at `position`; there must be room for them.
    fileprivate func holds(_ bytes: [UInt8], at position: Int) -> Bool {
        // Most first bytes are others.
        guard self[position] == bytes[0] else { return false }
        for offset in bytes.indices where self[position + offset] != bytes[offset] { return false }
        return true
    }
}
