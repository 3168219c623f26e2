import OperatingSystem

/// A tool that a step drives: its standard output is read by the step as well.
struct ToolRun: Sendable {
    /// The tool's absolute path and its arguments.
    var command: [String]
    /// All that the tool gets besides `PATH`, `HOME`, `LANG`, `TMPDIR` and `SSH_AUTH_SOCK`.
    var variables: [String: String] = [:]
    /// The tool's working folder; nil for this process's own.
    var folder: String?
    /// The absolute path of a file for the standard output, made anew with mode 0600, while standard error goes to the
    /// step's log; nil for both to the log.
    var output: String?
    /// What depends on a line of the standard output; see ``Tail``.
    var weigh: @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight = { _, _ in .kept }
    /// Room on the disk that is kept for the output (bytes), so that the tool's last words are not lost on a full one.
    var reserve = 0
    /// How the tool is stopped when the step's task is cancelled.
    var stop: ToolStop = .group
    /// How long the tool has after the SIGTERM that it gets when this process was killed.
    var graceWhenOrphaned: Duration = .seconds(15)
}

/// How a running tool is stopped.
enum ToolStop: Sendable {
    /// SIGINT, SIGTERM, SIGKILL to its process group, each after a grace (see ``CommandOptions``).
    case group
    /// One signal to the tool alone, which stops in order what it drives; SIGKILL to its group after the grace.
    case leader(Int32, grace: Duration)
}
