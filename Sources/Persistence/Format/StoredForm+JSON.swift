public import EnvironmentDomain
public import JSONText

// The package's own JSON from the one description of a stored form, without the containers of `Codable`.

extension StoredForm {
    /// Writes the value as a JSON object.
    public func write(to writer: inout JSONWriter) throws {
        let target = JSONMemberTarget()
        // The writer is moved and not copied, and so are its bytes.
        swap(&writer, &target.writer)
        defer { swap(&writer, &target.writer) }
        target.writer.beginObject()
        try store(in: StoredMemberWriter(target))
        target.writer.endObject()
    }

    /// Reads the value from a JSON object.
    public init(json node: JSONNode) throws {
        try self.init(stored: StoredMemberReader(JSONMemberSource(try node.members())))
    }
}

extension AnyEnvironmentState: JSONConvertible {}
extension HistoryEvent: JSONConvertible {}
extension HistoryLine: JSONConvertible {}
extension LeaseHolder: JSONConvertible {}

private final class JSONMemberTarget: StoredMemberTarget {
    var writer = JSONWriter(reserving: 0)

    func write(_ text: String, as name: String) {
        writer.name(name)
        writer.write(text)
    }

    func write(_ number: Int, as name: String) {
        writer.name(name)
        writer.write(number)
    }

    func writeNull(as name: String) {
        writer.name(name)
        writer.null()
    }

    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws {
        writer.name(name)
        writer.beginObject()
        try members(StoredMemberWriter(self))
        writer.endObject()
    }

    func writeObjects(_ count: Int, as name: String, _ members: (Int, StoredMemberWriter) throws -> Void) throws {
        writer.name(name)
        writer.beginArray()
        for index in 0..<count {
            writer.beginObject()
            try members(index, StoredMemberWriter(self))
            writer.endObject()
        }
        writer.endArray()
    }
}

private final class JSONMemberSource: StoredMemberSource {
    private var members: JSONMembers

    init(_ members: JSONMembers) { self.members = members }

    var names: [String] { JSONMembers(of: members.object).map(\.name) }

    private func present(_ name: String) -> JSONNode? {
        guard let node = members.member(name), !node.isNull else { return nil }
        return node
    }

    func text(_ name: String) throws -> String? { try present(name)?.string() }
    func number(_ name: String) throws -> Int? { try present(name)?.integer() }
    func object(_ name: String) throws -> StoredMemberReader? {
        guard let node = present(name) else { return nil }
        return StoredMemberReader(JSONMemberSource(try node.members()))
    }
    func objects(_ name: String) throws -> [StoredMemberReader]? {
        try present(name)?.elements().map { StoredMemberReader(JSONMemberSource(try $0.members())) }
    }

    func missing(_ name: String) -> any Error { members.object.missing(name) }
    func invalid(_ name: String?, _ description: String) -> any Error {
        (name.flatMap { members.object[$0] } ?? members.object).corrupted(description)
    }
}
