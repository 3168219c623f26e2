import CommandLineProgram
import EnvironmentDomain
import JSONText

/// The members that differ between two states of one environment.
struct Difference: Encodable, Sendable {
    let from: Int
    let to: Int
    let changes: [Change]

    /// A member that is another, or in only one of the states.
    struct Change: Encodable, Sendable {
        /// The member's path, for example `context.parameters.tag` or `progress.completed[2]`.
        let member: String
        /// The value before; `nil` for none.
        let from: JSONValue?
        /// The value after; `nil` for none.
        let to: JSONValue?
    }

    init(from earlier: StoredEnvironment, to later: StoredEnvironment) throws {
        from = earlier.serial
        to = later.serial
        changes = Self.changes(try Self.members(of: earlier.document), try Self.members(of: later.document), "")
    }

    /// The document, with the state's name as a member beside the others.
    private static func members(of environment: AnyEnvironmentState) throws -> JSONValue {
        // The only member is named after the state.
        guard var members = try JSONValue(encoding: environment).object?.first?.value.object else {
            return .object(JSONObject())
        }
        // What a state holds beside its name is in its own member `state`.
        if let payload = members["state"] { members["details"] = payload }
        members["state"] = .string(environment.state.rawValue)
        return .object(members)
    }

    private static func changes(_ old: JSONValue?, _ new: JSONValue?, _ path: String) -> [Change] {
        guard old != new else { return [] }
        switch (old, new) {
        case (.object(let before)?, .object(let after)?):
            let names = Set(before.names + after.names).sorted()
            return names.flatMap { changes(before[$0], after[$0], path.isEmpty ? $0 : "\(path).\($0)") }
        case (.array(let before)?, .array(let after)?):
            return (0..<max(before.count, after.count)).flatMap { index in
                changes(
                    before.indices.contains(index) ? before[index] : nil,
                    after.indices.contains(index) ? after[index] : nil, "\(path)[\(index)]")
            }
        default: return [Change(member: path, from: old, to: new)]
        }
    }

    /// A line for each member, behind the serials.
    var lines: [String] {
        guard !changes.isEmpty else { return ["nothing differs"] }
        return ["serial \(from) -> serial \(to)"]
            + changes.map { change in
                switch (change.from, change.to) {
                case (let old?, let new?): "  \(change.member): \(Self.text(old)) -> \(Self.text(new))"
                case (let old?, nil): "- \(change.member): \(Self.text(old))"
                case (nil, let new?): "+ \(change.member): \(Self.text(new))"
                case (nil, nil): "  \(change.member)"
                }
            }
    }

    private static func text(_ value: JSONValue) -> String {
        ((try? value.text(.sortedNames)).map { String(decoding: $0, as: UTF8.self) } ?? "?").onOneLine
    }
}
