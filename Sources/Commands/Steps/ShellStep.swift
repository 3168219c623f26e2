public import EnvironmentDomain
import OperatingSystem

/// A step that gives a script to `/bin/sh -eu -c`.
///
/// The script finds what it needs in environment variables (``StepContext/variables``) and hands values on by
/// appending `name=value` lines to the file `$OUTPUTS`.
public struct ShellStep: Step, Hashable {
    public let name: StepName
    public let script: String
    public let timeout: Duration
    public let retry: RetryPolicy
    public let isRepeatable: Bool
    /// Names of the caller's environment variables that the script gets too.
    public let inherited: [String]
    /// The folder in which the script starts; nil for the caller's.
    public let folder: AbsolutePath?

    public init(
        name: StepName, script: String, timeout: Duration = .seconds(600), retry: RetryPolicy = .never,
        isRepeatable: Bool = true, inherited: [String] = [], folder: AbsolutePath? = nil
    ) {
        self.name = name
        self.script = script
        self.timeout = timeout
        self.retry = retry
        self.isRepeatable = isRepeatable
        self.inherited = inherited
        self.folder = folder
    }

    public func run(_ context: StepContext) async throws {
        var variables: [String: String] = [:]
        for name in inherited { variables[name] = ThisProcess.variable(name) }
        try await context.runProcess(
            ["/bin/sh", "-eu", "-c", script], variables: variables, folder: folder?.text)
    }
}
