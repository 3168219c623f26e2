public import DocumentStore
public import EnvironmentDomain
import JSONText

/// The form of a stored environment, the same in every repository: the members of a log's line.
package enum EnvironmentDocument {
    static let format = LineFormat<AnyEnvironmentState>(
        documentKey: "environment", ownName: \.name.text, completed: completed,
        takenOver: { .transition(from: nil, to: $0.state) })

    /// The members that a bare document may leave out; that it does not say when it was made is written as 1970.
    private static let assumed: JSONObject = [
        "created_at": .string(Timestamp(millisecondsSince1970: 0).text), "outputs": .object([:]),
        "provider": .object(["kind": .string(ProviderKind.local.text)]), "ssh_port": JSONValue(22),
        "state": .object([:]),
    ]

    private static func completed(_ root: JSONNode) throws -> JSONNode {
        guard case .object(let states) = JSONValue(root), states.count == 1, let (state, body) = states.first,
            var members = body.object
        else { return root }
        for (name, value) in assumed where body[name] == nil { members[name] = value }
        return try JSONDocument(JSONValue.object([state: .object(members)]).text()).root
    }

    /// Whether a line is kept longer than the steps between: the last state of a command.
    package static func isLasting(_ line: LogLine) -> Bool {
        guard case .transition(_, let to)? = try? format.historyLine(line.bytes).event.change else { return false }
        switch to {
        case .provisioning, .configuring, .releasing: return false
        default: return true
        }
    }
}

extension LogLine {
    /// The environment that a line holds.
    ///
    /// - Throws: `RepositoryError` when it is none, or of a newer program.
    public func environment() throws(RepositoryError) -> StoredEnvironment {
        do {
            return try EnvironmentDocument.format.read(self)
        } catch {
            throw RepositoryError(error.code, "A line of serial \(serial) \(error).", cause: error.cause)
        }
    }
}
