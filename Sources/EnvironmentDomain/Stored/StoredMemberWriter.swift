/// A destination of an object's members: a JSON text or a container of an `Encoder`.
///
/// A target knows texts, numbers, null, objects and arrays of objects. ``StoredMemberWriter`` builds everything else
/// from them.
public protocol StoredMemberTarget: AnyObject {
    func write(_ text: String, as name: String) throws
    func write(_ number: Int, as name: String) throws
    func writeNull(as name: String) throws
    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws
    /// Writes an array of `count` objects.
    func writeObjects(_ count: Int, as name: String, _ members: (Int, StoredMemberWriter) throws -> Void) throws
}

/// A writer of the members of a ``StoredForm``.
///
/// The writer wraps an existential target and has no generic parameter: generic code is not specialized in other
/// modules, and the lookup of its type metadata costs more than the work itself.
public struct StoredMemberWriter {
    private let target: any StoredMemberTarget

    public init(_ target: any StoredMemberTarget) { self.target = target }

    func write(_ text: String, as name: String) throws { try target.write(text, as: name) }
    func write(_ number: Int, as name: String) throws { try target.write(number, as: name) }
    func writeNull(as name: String) throws { try target.writeNull(as: name) }
    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws {
        try target.writeObject(as: name, members)
    }

    func write(_ text: some ValidatedText, as name: String) throws { try write(text.text, as: name) }
    func write(_ word: some RawRepresentable<String>, as name: String) throws { try write(word.rawValue, as: name) }
    func write(_ value: some StoredForm, as name: String) throws {
        try writeObject(as: name) { try value.store(in: $0) }
    }
    func write(_ values: [some StoredForm], as name: String) throws {
        try target.writeObjects(values.count, as: name) { try values[$0].store(in: $1) }
    }

    func writeIfPresent(_ text: String?, as name: String) throws { if let text { try write(text, as: name) } }
    func writeIfPresent(_ text: (some ValidatedText)?, as name: String) throws {
        if let text { try write(text.text, as: name) }
    }
    func writeIfPresent(_ value: (some StoredForm)?, as name: String) throws {
        if let value { try write(value, as: name) }
    }
}

@available(*, unavailable)
extension StoredMemberWriter: Sendable {}
