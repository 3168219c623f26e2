import Commands

/// A line of the reporting plugin.
struct AnsibleEvent: Decodable, Sendable {
    enum Kind: String, Decodable, Sendable {
        case start, play, task, handler, ok, failed, unreachable, skipped, retry, stats
        case itemFailed = "item_failed"
        case itemOK = "item_ok"
    }

    struct Counts: Decodable, Sendable {
        let failures: Int
        let unreachable: Int
        let changed: Int
    }

    let event: Kind
    /// The tasks of all plays, as far as they are known before.
    let total: Int?
    /// The number of hosts that a play is for.
    let hosts: Int?
    /// The hosts that must be in the statistics.
    let expected: [String]?
    /// The name of the task, or of the play.
    let task: String?
    let host: String?
    let changed: Bool?
    let ignored: Bool?
    /// The module's own message about a failure, or what a `debug` task shows.
    let message: String?
    /// What a failed task printed on standard output.
    let output: String?
    /// What a failed task printed on standard error.
    let detail: String?
    let warnings: [String]?
    let status: Int?
    let stats: [String: Counts]?
}
