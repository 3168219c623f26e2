/// A writer of compact JSON, with members in the order of the calls.
///
/// The caller must keep the order of calls that JSON requires: in an object, a name before each value.
public struct JSONWriter: Sendable {
    /// The text that was written so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(reserving capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    public mutating func beginObject() { begin(UInt8(ascii: "{")) }
    public mutating func endObject() { end(UInt8(ascii: "}")) }
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes the name of the member whose value follows.
    public mutating func name(_ name: String) {
        separate()
        JSONEscape.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func write(_ bool: Bool) {
        separate()
        bytes.append(contentsOf: bool ? "true".utf8 : "false".utf8)
    }

    public mutating func write(_ string: String) {
        separate()
        JSONEscape.append(string, to: &bytes)
    }

    public mutating func write(_ integer: Int) {
        separate()
        bytes.append(contentsOf: String(integer).utf8)
    }

    public mutating func write(_ number: JSONNumber) {
        separate()
        bytes.append(contentsOf: number.text.utf8)
    }

    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): write(bool)
        case .number(let number): write(number)
        case .string(let string): write(string)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .object(let object):
            beginObject()
            for (member, value) in object {
                name(member)
                write(value)
            }
            endObject()
        }
    }

    /// Writes a value as it is in its text.
    public mutating func write(_ node: JSONNode) {
        separate()
        bytes.append(contentsOf: node.bytes)
    }

    /// Returns the written text in a style.
    ///
    /// - Throws: ``JSONError`` when the order of the calls was wrong or too many containers are nested; never for the
    ///   empty style, which does not check the text.
    public func text(_ style: JSONStyle) throws(JSONError) -> [UInt8] {
        style.isEmpty ? bytes : try JSONDocument(bytes).root.text(style)
    }
}
