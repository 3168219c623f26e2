/// A program whose standard output a step reads line by line while the program runs.
public struct ToolRun: Sendable {
    /// The program's absolute path and its arguments.
    public var command: [String]
    /// All that the program gets besides `PATH`, `HOME`, `LANG`, `TMPDIR` and `SSH_AUTH_SOCK`.
    public var variables: [String: String]
    /// The program's working folder; `nil` for this process's own.
    public var folder: String?
    /// The absolute path of a file for the standard output, made again with mode 0600, while standard error goes to the
    /// step's log; `nil` for both to the log.
    public var output: String?
    /// Returns how much depends on a line of the standard output; it gets the line and the number of bytes that were left
    /// out at its end.
    public var weigh: @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    /// Room on the disk that is kept for the output (bytes), so that the last lines are not lost on a full one.
    public var reserve: Int
    /// How the program is stopped when the step's task is cancelled.
    public var stop: Stop
    /// How long the program has after the SIGTERM that it gets when this process was killed; `nil` for both graces of
    /// ``CommandOptions`` together.
    public var graceWhenOrphaned: Duration?

    /// How a running program is stopped.
    public enum Stop: Sendable {
        /// SIGINT, SIGTERM, SIGKILL to its process group, each after a grace (see ``CommandOptions``).
        case group
        /// One signal to the program alone, which stops in order what it drives; SIGKILL to its group after the grace.
        case leader(Int32, grace: Duration)
    }

    /// How a program ended.
    public enum End: Hashable, Sendable {
        /// With an exit status.
        case exited(Int32)
        /// By a signal.
        case signalled(Int32)
    }

    /// Describes a program to run.
    ///
    /// - Parameters:
    ///   - command: The program's absolute path and its arguments.
    ///   - variables: All that the program gets besides `PATH`, `HOME`, `LANG`, `TMPDIR` and `SSH_AUTH_SOCK`.
    ///   - folder: The program's working folder; `nil` for this process's own.
    ///   - output: The absolute path of a file for the standard output; `nil` for the step's log.
    ///   - weigh: Returns how much depends on a line of the standard output.
    ///   - reserve: Room on the disk that is kept for the output (bytes).
    ///   - stop: How the program is stopped when the step's task is cancelled.
    ///   - graceWhenOrphaned: How long the program has after the SIGTERM that it gets when this process was killed; `nil` for
    ///     both graces of ``CommandOptions`` together.
    public init(
        command: [String], variables: [String: String] = [:], folder: String? = nil, output: String? = nil,
        weigh: @escaping @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight = { _, _ in .kept },
        reserve: Int = 0, stop: Stop = .group, graceWhenOrphaned: Duration? = nil
    ) {
        self.command = command
        self.variables = variables
        self.folder = folder
        self.output = output
        self.weigh = weigh
        self.reserve = reserve
        self.stop = stop
        self.graceWhenOrphaned = graceWhenOrphaned
    }
}
