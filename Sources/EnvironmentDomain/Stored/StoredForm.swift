/// A type whose stored form is an object with named members.
///
/// The form is described once, by ``store(in:)`` and ``init(stored:)``; `Codable` and the package's own JSON are two ways
/// to use the description. Members are stored in the order of their names, so that no writer has to sort them.
public protocol StoredForm: Codable {
    /// Writes the members.
    func store(in members: inout some StoredMemberWriter) throws

    /// Reads the members, and ignores those that are not its own.
    init(stored members: inout some StoredMemberReader) throws
}

/// Where a ``StoredForm`` writes its members: an object of a JSON text, or a container of an `Encoder`.
public protocol StoredMemberWriter {
    mutating func write(_ text: String, as name: String) throws
    mutating func write(_ number: Int, as name: String) throws
    mutating func writeNull(as name: String) throws
    mutating func write(_ value: some StoredForm, as name: String) throws
    mutating func write(_ values: [some StoredForm], as name: String) throws
}

extension StoredMemberWriter {
    mutating func write(_ text: some ValidatedText, as name: String) throws { try write(text.text, as: name) }
    mutating func write(_ word: some RawRepresentable<String>, as name: String) throws {
        try write(word.rawValue, as: name)
    }
    mutating func writeIfPresent(_ text: String?, as name: String) throws {
        if let text { try write(text, as: name) }
    }
    mutating func writeIfPresent(_ text: (some ValidatedText)?, as name: String) throws {
        if let text { try write(text.text, as: name) }
    }
    mutating func writeIfPresent(_ value: (some StoredForm)?, as name: String) throws {
        if let value { try write(value, as: name) }
    }
}

/// Where a ``StoredForm`` reads its members; each is nil when it is missing or null.
public protocol StoredMemberReader {
    /// The names of all members, in their order.
    var names: [String] { get }

    mutating func text(_ name: String) throws -> String?
    mutating func number(_ name: String) throws -> Int?
    mutating func value<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> Value?
    mutating func values<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> [Value]?

    /// The error for an object without a member.
    func missing(_ name: String) -> any Error
    /// The error for a member whose value means nothing there; nil is for the object itself.
    func invalid(_ name: String?, _ description: String) -> any Error
}

extension StoredMemberReader {
    private func present<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw missing(name) }
        return value
    }

    mutating func required(_ name: String) throws -> String { try present(text(name), name) }
    mutating func required(_ name: String) throws -> Int { try present(number(name), name) }
    mutating func required<Text: ValidatedText>(_ name: String) throws -> Text { try present(optional(name), name) }
    mutating func required<Word: RawRepresentable<String>>(_ name: String) throws -> Word {
        try present(optional(name), name)
    }
    mutating func required<Value: StoredForm>(_ name: String) throws -> Value {
        try present(value(name, as: Value.self), name)
    }
    mutating func required<Value: StoredForm>(_ name: String) throws -> [Value] {
        try present(values(name, as: Value.self), name)
    }

    mutating func optional<Text: ValidatedText>(_ name: String) throws -> Text? {
        try text(name).map { text throws in
            do throws(InvalidValue) { return try Text(text) } catch { throw invalid(name, error.description) }
        }
    }
    mutating func optional<Word: RawRepresentable<String>>(_ name: String) throws -> Word? {
        try text(name).map { text throws in
            guard let word = Word(rawValue: text) else {
                throw invalid(name, "\(text.quotedAsJSON) is not one of the words that are known here")
            }
            return word
        }
    }
    mutating func optional(_ name: String) throws -> String? { try text(name) }
    mutating func optional<Value: StoredForm>(_ name: String) throws -> Value? { try value(name, as: Value.self) }
}
