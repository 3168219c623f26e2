/// Where the members of an object go: a JSON text, or a container of an `Encoder`.
///
/// What a target has to know are four forms; everything else is made of them by ``StoredMemberWriter``.
public protocol StoredMemberTarget: AnyObject {
    func write(_ text: String, as name: String) throws
    func write(_ number: Int, as name: String) throws
    func writeNull(as name: String) throws
    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws
    /// Writes an array of so many objects.
    func writeObjects(_ count: Int, as name: String, _ members: (Int, StoredMemberWriter) throws -> Void) throws
}

/// Writes the members of a ``StoredForm``.
///
/// A type of its own around the target, and no generic parameter: code that is generic over the target is not
/// specialized in other modules, and looking up its types costs more than the work itself.
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
