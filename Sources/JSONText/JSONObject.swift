/// The members of a JSON object, in the order in which they are written.
///
/// Two objects are equal when they have equal members; their order does not count.
public struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// The names, in their order.
    public private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    public init() {}

    /// Makes an object of these members; a later member of one name replaces an earlier one in its place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    public var count: Int { names.count }
    public var isEmpty: Bool { names.isEmpty }

    /// The members, in their order.
    public var members: some Sequence<(name: String, value: JSONValue)> {
        names.lazy.compactMap { name in values[name].map { (name, $0) } }
    }

    /// A member's value; nil when there is none of this name.
    ///
    /// A new member comes last.
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
