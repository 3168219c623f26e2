/// A program whose standard output a step reads line by line while the program runs.
public struct ToolRun: Sendable {
    /// The program's absolute path and its arguments.
    public var command: [String]
    /// The program's environment variables, besides `PATH`, `HOME`, `LANG`, `TMPDIR` and `SSH_AUTH_SOCK` of this
    /// process.
    public var variables: [String: String]
    /// The program's working folder; `nil` for that of this process.
    public var folder: String?
    /// The absolute path of a file for the standard output; `nil` for the step's log.
    ///
    /// The file is created again with mode 0600. Standard error always goes to the step's log.
    public var output: String?
    /// A function that returns the weight of a line of the standard output, given the line and the number of bytes that
    /// were cut off its end.
    public var weigh: @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    /// The number of bytes to reserve on the disk for the output, so that the last lines are not lost when the disk is
    /// full.
    public var reserve: Int
    /// The way in which the program is stopped when the step's task is cancelled.
    public var stop: Stop
    /// The time between SIGTERM and SIGKILL when this process was killed; `nil` for the sum of both grace periods of
    /// ``CommandOptions``.
    public var graceWhenOrphaned: Duration?

    /// A way of stopping a running program.
    public enum Stop: Sendable {
        /// SIGINT, later SIGTERM, and later SIGKILL to the program's session (see ``CommandOptions``).
        case group
        /// One signal to the program alone, so that it can stop its own programs in order, and SIGKILL to the session
        /// after the grace period.
        case leader(Int32, grace: Duration)
    }

    /// The end of a program.
    public enum End: Hashable, Sendable {
        /// The program exited with a status.
        case exited(Int32)
        /// A signal ended the program.
        case signalled(Int32)
    }

    /// Describes a program to run.
    ///
    /// - Parameters:
    ///   - command: The program's absolute path and its arguments.
    ///   - variables: The program's environment variables, besides those inherited from this process.
    ///   - folder: The program's working folder; `nil` for that of this process.
    ///   - output: The absolute path of a file for the standard output; `nil` for the step's log.
    ///   - weigh: Returns the weight of a line of the standard output.
    ///   - reserve: The number of bytes to reserve on the disk for the output.
    ///   - stop: The way in which the program is stopped when the step's task is cancelled.
    ///   - graceWhenOrphaned: The time between SIGTERM and SIGKILL when this process was killed; `nil` for the sum of
    ///     both grace periods of ``CommandOptions``.
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
