/// The members of a JSON object, in their order.
///
/// Two objects are equal when they have equal members in any order.
public struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// The names of the members, in their order.
    public private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    public init() {}

    /// Creates an object from members; a later member replaces an earlier one with the same name in its position.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// The value of a member; `nil` for none.
    ///
    /// A new member is added at the end.
    public subscript(name: String) -> JSONValue? {
        get { values[name] }
        set {
            let old = values[name]
            values[name] = newValue
            if newValue == nil {
                if old != nil { names.removeAll { $0 == name } }
            } else if old == nil {
                names.append(name)
            }
        }
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.values == right.values }

    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { names.count }

    /// The member at a position.
    public subscript(position: Int) -> (name: String, value: JSONValue) {
        (names[position], values[names[position]] ?? .null)
    }
}
