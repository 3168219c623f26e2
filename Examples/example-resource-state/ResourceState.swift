import Persistence

/// The state of a tool that applies resources: the resources by name, and metadata.
///
/// All three members must be present, both in the stored state and in an applied file.
struct ResourceState: Codable, Hashable, Sendable {
    var version = 1
    var resources: [String: [String: String]] = [:]
    var metadata: [String: String] = [:]

    /// Applies the wanted resources, and returns how many were added, changed and unchanged.
    mutating func apply(_ wanted: ResourceState) -> Plan {
        var plan = Plan()
        for (name, resource) in wanted.resources {
            switch resources[name] {
            case resource: plan.unchanged += 1
            case nil: plan.added += 1
            default: plan.changed += 1
            }
        }
        resources.merge(wanted.resources) { $1 }
        metadata.merge(wanted.metadata) { $1 }
        return plan
    }

    /// The result of an apply.
    struct Plan: CustomStringConvertible {
        var added = 0
        var changed = 0
        var unchanged = 0

        var description: String { "\(added) added, \(changed) changed, \(unchanged) unchanged" }
    }
}
