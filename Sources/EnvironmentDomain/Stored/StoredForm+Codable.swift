// `Codable` from the one description of a stored form.

extension StoredForm {
    public init(from decoder: any Decoder) throws {
        var members = DecodedMembers(container: try decoder.container(keyedBy: MemberName.self))
        try self.init(stored: &members)
    }

    public func encode(to encoder: any Encoder) throws {
        var members = EncodedMembers(container: encoder.container(keyedBy: MemberName.self))
        try store(in: &members)
    }
}

private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

private struct EncodedMembers: StoredMemberWriter {
    var container: KeyedEncodingContainer<MemberName>

    mutating func write(_ text: String, as name: String) throws { try container.encode(text, forKey: MemberName(name)) }
    mutating func write(_ number: Int, as name: String) throws {
        try container.encode(number, forKey: MemberName(name))
    }
    mutating func writeNull(as name: String) throws { try container.encodeNil(forKey: MemberName(name)) }
    mutating func write(_ value: some StoredForm, as name: String) throws {
        try container.encode(value, forKey: MemberName(name))
    }
    mutating func write(_ values: [some StoredForm], as name: String) throws {
        try container.encode(values, forKey: MemberName(name))
    }
}

private struct DecodedMembers: StoredMemberReader {
    let container: KeyedDecodingContainer<MemberName>

    var names: [String] { container.allKeys.map(\.stringValue) }

    func text(_ name: String) throws -> String? { try container.decodeIfPresent(String.self, forKey: MemberName(name)) }
    func number(_ name: String) throws -> Int? { try container.decodeIfPresent(Int.self, forKey: MemberName(name)) }
    func value<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> Value? {
        try container.decodeIfPresent(type, forKey: MemberName(name))
    }
    func values<Value: StoredForm>(_ name: String, as type: Value.Type) throws -> [Value]? {
        try container.decodeIfPresent([Value].self, forKey: MemberName(name))
    }

    func missing(_ name: String) -> any Error {
        DecodingError.keyNotFound(
            MemberName(name), .init(codingPath: container.codingPath, debugDescription: "\"\(name)\" is missing"))
    }
    func invalid(_ name: String?, _ description: String) -> any Error {
        DecodingError.dataCorrupted(
            .init(
                codingPath: container.codingPath + (name.map { [MemberName($0)] } ?? []), debugDescription: description)
        )
    }
}
