/// A source of an object's members.
///
/// A member that is missing or null is `nil`.
public protocol StoredMemberSource: AnyObject {
    /// The names of all members, in their order.
    var names: [String] { get }

    func text(_ name: String) throws -> String?
    func number(_ name: String) throws -> Int?
    func object(_ name: String) throws -> StoredMemberReader?
    func objects(_ name: String) throws -> [StoredMemberReader]?

    /// Returns the error for an object without a required member.
    func missing(_ name: String) -> any Error
    /// Returns the error for a member with an invalid value; `nil` stands for the object itself.
    func invalid(_ name: String?, _ description: String) -> any Error
}

/// A reader of the members of a ``StoredForm``.
public struct StoredMemberReader {
    private let source: any StoredMemberSource

    public init(_ source: any StoredMemberSource) { self.source = source }

    var names: [String] { source.names }
    func missing(_ name: String) -> any Error { source.missing(name) }
    func invalid(_ name: String?, _ description: String) -> any Error { source.invalid(name, description) }

    func object(_ name: String) throws -> StoredMemberReader {
        guard let object = try source.object(name) else { throw missing(name) }
        return object
    }

    func optional(_ name: String) throws -> String? { try source.text(name) }
    func optional(_ name: String) throws -> Int? { try source.number(name) }
    func optional<Text: ValidatedText>(_ name: String) throws -> Text? {
        guard let text = try source.text(name) else { return nil }
        do throws(InvalidValue) { return try Text(text) } catch { throw invalid(name, error.description) }
    }
    func optional<Word: RawRepresentable<String>>(_ name: String) throws -> Word? {
        guard let text = try source.text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw invalid(name, "\(text.quotedAsJSON) is not one of the words that are known here")
        }
        return word
    }
    func optional<Value: StoredForm>(_ name: String) throws -> Value? {
        guard let object = try source.object(name) else { return nil }
        return try Value(stored: object)
    }
    func optional<Value: StoredForm>(_ name: String) throws -> [Value]? {
        guard let objects = try source.objects(name) else { return nil }
        var values: [Value] = []
        values.reserveCapacity(objects.count)
        for object in objects { values.append(try Value(stored: object)) }
        return values
    }

    func required(_ name: String) throws -> String { try present(optional(name), name) }
    func required(_ name: String) throws -> Int { try present(optional(name), name) }
    func required<Text: ValidatedText>(_ name: String) throws -> Text { try present(optional(name), name) }
    func required<Word: RawRepresentable<String>>(_ name: String) throws -> Word { try present(optional(name), name) }
    func required<Value: StoredForm>(_ name: String) throws -> Value { try Value(stored: object(name)) }
    func required<Value: StoredForm>(_ name: String) throws -> [Value] { try present(optional(name), name) }

    private func present<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw missing(name) }
        return value
    }
}

@available(*, unavailable)
extension StoredMemberReader: Sendable {}
