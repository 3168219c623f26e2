public import EnvironmentDomain
public import JSONText

// The package's own JSON from the one description of a stored form, without the containers of `Codable`.

extension StoredForm {
    /// Writes the value as a JSON object.
    public func write(to writer: inout JSONWriter) throws {
        writer.beginObject()
        try writeMembers(to: &writer)
        writer.endObject()
    }

    /// Writes the members of the object that is written.
    func writeMembers(to writer: inout JSONWriter) throws {
        let target = JSONMemberTarget()
        // The writer is moved and not copied, and so are its bytes.
        unsafe swap(&writer, &target.writer)
        defer { unsafe swap(&writer, &target.writer) }
        try store(in: StoredMemberWriter(target))
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

// Neither of the two leaves the call that makes it, so that nothing can reach its variable twice at once.

private final class JSONMemberTarget: StoredMemberTarget {
    @exclusivity(unchecked) var writer = JSONWriter(reserving: 0)

    func write(_ text: String, as name: String) {
        unsafe writer.name(name)
        unsafe writer.write(text)
    }

    func write(_ number: Int, as name: String) {
        unsafe writer.name(name)
        unsafe writer.write(number)
    }

    func writeNull(as name: String) {
        unsafe writer.name(name)
        unsafe writer.null()
    }

    func writeObject(as name: String, _ members: (StoredMemberWriter) throws -> Void) throws {
        unsafe writer.name(name)
        unsafe writer.beginObject()
        try members(StoredMemberWriter(self))
        unsafe writer.endObject()
    }

    func writeObjects(_ count: Int, as name: String, _ members: (Int, StoredMemberWriter) throws -> Void) throws {
        unsafe writer.name(name)
        unsafe writer.beginArray()
        for index in 0..<count {
            unsafe writer.beginObject()
            try members(index, StoredMemberWriter(self))
            unsafe writer.endObject()
        }
        unsafe writer.endArray()
    }
}

private final class JSONMemberSource: StoredMemberSource {
    @exclusivity(unchecked) private var members: JSONMembers

    init(_ members: JSONMembers) { unsafe self.members = members }

    var names: [String] { unsafe JSONMembers(of: members.object).map(\.name) }

    private func present(_ name: String) -> JSONNode? {
        guard let node = unsafe members.member(name), !node.isNull else { return nil }
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

    func missing(_ name: String) -> any Error { unsafe members.object.missing(name) }
    func invalid(_ name: String?, _ description: String) -> any Error {
        let object = unsafe members.object
        return (name.flatMap { object[$0] } ?? object).corrupted(description)
    }
}
