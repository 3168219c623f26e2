import OperatingSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `show -json` says of a plan that only refreshes: how the world differs from the tool's state.
struct RefreshPlan: Decodable {
    private let drift: [Resource]?
    private let outputs: [String: Change]?

    private enum CodingKeys: String, CodingKey {
        case drift = "resource_drift"
        case outputs = "output_changes"
    }

    private struct Resource: Decodable {
        let address: String
        let change: Change
    }

    private struct Change: Decodable {
        let actions: [String]
        let before: JSONValue?
        let after: JSONValue?
    }

    init(_ path: String) throws { try self.init(OpenFile(path, .read).read(limit: 256 << 20)) }

    init(_ bytes: [UInt8]) throws(StepError) {
        do {
            self = try JSONDecoder().decode(RefreshPlan.self, from: Data(bytes))
        } catch {
            throw StepError(kind: "drift_check_failed", summary: "what the tool says of its plan is not whole JSON")
        }
    }

    /// What differs, in the order of the addresses; only names of attributes, since a value may be a secret.
    var differences: [(subject: String, difference: String)] {
        var found: [(subject: String, difference: String)] = []
        for resource in (drift ?? []).sorted(by: { $0.address < $1.address }) {
            let change = resource.change
            guard !change.actions.contains("no-op") else { continue }
            if change.actions.contains("delete") {
                found.append((resource.address, "is gone"))
                continue
            }
            let (before, after) = (change.before?.object ?? [:], change.after?.object ?? [:])
            let names = Set(before.keys).union(after.keys)
                .filter { !(before[$0] ?? .null).means(after[$0] ?? .null) }.sorted()
            guard !names.isEmpty else { continue }
            found.append((resource.address, "differs in \(names.joined(separator: ", "))"))
        }
        for (name, change) in (outputs ?? [:]).sorted(by: { $0.key < $1.key })
        where !change.actions.contains("no-op") {
            found.append(("output.\(name)", "would have another value"))
        }
        return found
    }
}
