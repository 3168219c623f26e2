import Commands

/// An event: one line of the callback plugin.
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
    /// The number of tasks of all plays that are known at the start.
    let total: Int?
    /// The number of hosts of a play.
    let hosts: Int?
    /// The names of the hosts that the statistics must contain.
    let expected: [String]?
    /// The name of the task or the play.
    let task: String?
    let host: String?
    let changed: Bool?
    let ignored: Bool?
    /// The module's message about a failure, or the text of a `debug` task.
    let message: String?
    /// The standard output of a failed task.
    let output: String?
    /// The standard error or the exception of a failed task.
    let detail: String?
    let warnings: [String]?
    let status: Int?
    let stats: [String: Counts]?
}
