import Persistence

/// What an apply-style tool keeps track of: its resources, by name, and what else it knows.
///
/// All three members must be there, in what is stored and in what is applied.
struct ResourceState: Codable, Hashable, Sendable {
    var version = 1
    var resources: [String: [String: String]] = [:]
    var metadata: [String: String] = [:]

    /// Puts in what is wanted, and says how many resources that adds, changes and leaves alone.
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

    /// What an apply comes to.
    struct Plan: CustomStringConvertible {
        var added = 0
        var changed = 0
        var unchanged = 0

        var description: String { "\(added) added, \(changed) changed, \(unchanged) unchanged" }
    }
}
