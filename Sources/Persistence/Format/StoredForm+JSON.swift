public import EnvironmentDomain
public import JSONText

// The package's own JSON from the one description of a stored form, without the containers of `Codable`.

extension JSONWriter: StoredMemberWriter {
    public mutating func write(_ text: String, as name: String) {
        self.name(name)
        write(text)
    }

    public mutating func write(_ number: Int, as name: String) {
        self.name(name)
        write(number)
    }

    public mutating func writeNull(as name: String) {
        self.name(name)
        null()
    }

    public mutating func write(_ value: some StoredForm, as name: String) throws {
        self.name(name)
        try write(value)
    }

    public mutating func write(_ values: [some StoredForm], as name: String) throws {
        self.name(name)
        beginArray()
        for value in values { try write(value) }
        endArray()
    }

    private mutating func write(_ value: some StoredForm) throws {
        beginObject()
        try value.store(in: &self)
        endObject()
    }
}

extension JSONMembers: StoredMemberReader {
    public var names: [String] { JSONMembers(of: object).map(\.name) }

    private mutating func present(_ name: String) -> JSONNode? { member(name).flatMap { $0.isNull ? nil : $0 } }

    public mutating func text(_ name: String) throws -> String? { try present(name)?.string() }
    public mutating func number(_ name: String) throws -> Int? { try present(name)?.integer() }
    public mutating func value<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> Value? {
        try present(name).map { try type.init(json: $0) }
    }
    public mutating func values<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> [Value]? {
        try present(name)?.elements().map { try type.init(json: $0) }
    }

    public func missing(_ name: String) -> any Error { object.missing(name) }
    public func invalid(_ name: String?, _ description: String) -> any Error {
        (name.flatMap { object[$0] } ?? object).corrupted(description)
    }
}

extension StoredForm {
    /// Writes the value as a JSON object.
    public func write(to writer: inout JSONWriter) throws {
        writer.beginObject()
        try store(in: &writer)
        writer.endObject()
    }

    /// Reads the value from a JSON object.
    public init(json node: JSONNode) throws {
        var members = try node.members()
        try self.init(stored: &members)
    }
}

extension AnyEnvironmentState: JSONConvertible {}
extension HistoryEvent: JSONConvertible {}
extension HistoryLine: JSONConvertible {}
extension LeaseHolder: JSONConvertible {}
