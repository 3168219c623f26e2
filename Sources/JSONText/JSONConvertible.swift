/// A type that writes and reads its JSON itself, without the cost of `Codable`.
///
/// ``JSONTextEncoder`` and ``JSONTextDecoder`` use this form for the outermost value. It is the form that `Codable` gives,
/// which has to be made from the same description.
public protocol JSONConvertible {
    func write(to writer: inout JSONWriter) throws
    init(json node: JSONNode) throws
}
