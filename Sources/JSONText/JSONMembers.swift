/// The members of an object, in their order.
///
/// A search by name starts after the member that was found last. Members that are read in the order in which they were
/// written therefore cost one comparison each.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    /// The object.
    public let object: JSONNode
    private var position: Int

    /// Creates the sequence of a node's members, which is empty when the node is not an object.
    public init(of object: JSONNode) {
        self.object = object
        position = object.index &+ 1
    }

    private var end: Int { object.kind == .object ? Int(object.entry.next) : 0 }

    /// Returns the next member.
    public mutating func next() -> (name: String, value: JSONNode)? {
        guard position < end else { return nil }
        let name = object.document.string(position)
        let value = JSONNode(document: object.document, index: position + 1)
        position = Int(value.entry.next)
        return (name, value)
    }

    /// Returns the member with a name; `nil` for none.
    @inline(__always)
    public mutating func member(_ name: String) -> JSONNode? {
        let document = object.document
        let end = end
        let text = document.text
        for _ in 0..<object.count {
            if position >= end { position = object.index &+ 1 }
            let found = position
            position = Int(document.entries[found &+ 1].next)
            if document.entries[found].holds(name, text.span) {
                return JSONNode(document: document, index: found &+ 1)
            }
        }
        return nil
    }
}

/// The elements of an array, in their order.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let array: JSONNode
    private var position: Int

    init(of array: JSONNode) {
        self.array = array
        position = array.index + 1
    }

    public var underestimatedCount: Int { array.count }

    /// Returns the next element.
    public mutating func next() -> JSONNode? {
        guard position < Int(array.entry.next) else { return nil }
        let element = JSONNode(document: array.document, index: position)
        position = Int(element.entry.next)
        return element
    }
}
