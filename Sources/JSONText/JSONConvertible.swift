/// A type that writes and reads its JSON directly, without the cost of `Codable`.
///
/// ``JSONTextEncoder`` and ``JSONTextDecoder`` use this form for the outermost value. It must be the form that the
/// type's `Codable` conformance has.
public protocol JSONConvertible {
    func write(to writer: inout JSONWriter) throws
    init(json node: JSONNode) throws
}
