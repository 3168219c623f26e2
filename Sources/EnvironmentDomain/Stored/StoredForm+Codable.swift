// `Codable` is implemented with the one description of a stored form.

extension StoredForm {
    public init(from decoder: any Decoder) throws {
        let members = DecodedMembers(try decoder.container(keyedBy: MemberName.self))
        try self.init(stored: StoredMemberReader(members))
    }

    public func encode(to encoder: any Encoder) throws { try store(in: StoredMemberWriter(encoder)) }
}

extension StoredMemberWriter {
    init(_ encoder: any Encoder) { self.init(EncodedMembers(encoder.container(keyedBy: MemberName.self))) }
}

private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

private final class EncodedMembers: StoredMemberTarget {
    private var container: KeyedEncodingContainer<MemberName>

    init(_ container: KeyedEncodingContainer<MemberName>) { self.container = container }

    func write(_ text: String, as name: String) throws { try container.encode(text, forKey: MemberName(name)) }
    func write(_ number: Int, as name: String) throws { try container.encode(number, forKey: MemberName(name)) }
    func writeNull(as name: String) throws { try container.encodeNil(forKey: MemberName(name)) }
    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws {
        let nested = container.nestedContainer(keyedBy: MemberName.self, forKey: MemberName(name))
        try members(StoredMemberWriter(EncodedMembers(nested)))
    }
    func writeObjects(_ count: Int, as name: String, _ members: (Int, StoredMemberWriter) throws -> Void) throws {
        var array = container.nestedUnkeyedContainer(forKey: MemberName(name))
        for index in 0..<count {
            try members(index, StoredMemberWriter(EncodedMembers(array.nestedContainer(keyedBy: MemberName.self))))
        }
    }
}

private final class DecodedMembers: StoredMemberSource {
    private let container: KeyedDecodingContainer<MemberName>

    init(_ container: KeyedDecodingContainer<MemberName>) { self.container = container }

    var names: [String] { container.allKeys.map(\.stringValue) }

    private func isPresent(_ name: String) throws -> Bool {
        try container.contains(MemberName(name)) && !container.decodeNil(forKey: MemberName(name))
    }

    func text(_ name: String) throws -> String? { try container.decodeIfPresent(String.self, forKey: MemberName(name)) }
    func number(_ name: String) throws -> Int? { try container.decodeIfPresent(Int.self, forKey: MemberName(name)) }
    func object(_ name: String) throws -> StoredMemberReader? {
        guard try isPresent(name) else { return nil }
        let nested = try container.nestedContainer(keyedBy: MemberName.self, forKey: MemberName(name))
        return StoredMemberReader(DecodedMembers(nested))
    }
    func objects(_ name: String) throws -> [StoredMemberReader]? {
        guard try isPresent(name) else { return nil }
        var array = try container.nestedUnkeyedContainer(forKey: MemberName(name))
        var objects: [StoredMemberReader] = []
        while !array.isAtEnd {
            let nested = try array.nestedContainer(keyedBy: MemberName.self)
            objects.append(StoredMemberReader(DecodedMembers(nested)))
        }
        return objects
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
