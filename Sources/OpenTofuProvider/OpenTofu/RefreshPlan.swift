import Commands
import JSONText
import OperatingSystem

/// The output of `show -json` for a refresh-only plan: the differences between the resources and the state.
struct RefreshPlan {
    private let drift: [JSONValue]
    private let outputs: JSONObject

    init(_ path: String) throws { try self.init(OpenFile(path, .read).read(limit: 256 << 20)) }

    init(_ bytes: [UInt8]) throws(StepError) {
        guard let plan = try? JSONValue(parsing: bytes), plan.object != nil else {
            throw StepError(
                kind: "drift_check_failed", summary: "what OpenTofu or Terraform says of its plan is not whole JSON")
        }
        drift = plan["resource_drift"]?.array ?? []
        outputs = plan["output_changes"]?.object ?? [:]
    }

    /// The differences, sorted by address, with names of attributes only, since a value may be a secret.
    var differences: [(subject: String, difference: String)] {
        var found: [(subject: String, difference: String)] = []
        let resources = drift.compactMap { resource in
            resource["address"]?.string.map { ($0, resource["change"] ?? .null) }
        }
        for (address, change) in resources.sorted(by: { $0.0 < $1.0 }) {
            let actions = change["actions"]?.array ?? []
            guard !actions.contains(.string("no-op")) else { continue }
            if actions.contains(.string("delete")) {
                found.append((address, "is gone"))
                continue
            }
            let (before, after) = (change["before"]?.object ?? [:], change["after"]?.object ?? [:])
            let names = Set(before.names).union(after.names)
                .filter { !(before[$0] ?? .null).means(after[$0] ?? .null) }.sorted()
            guard !names.isEmpty else { continue }
            found.append((address, "differs in \(names.joined(separator: ", "))"))
        }
        for (name, change) in outputs.sorted(by: { $0.name < $1.name })
        where change["actions"]?.array?.contains(.string("no-op")) != true {
            found.append(("output.\(name)", "would have another value"))
        }
        return found
    }
}
