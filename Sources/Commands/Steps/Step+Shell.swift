public import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that runs a script with `/bin/sh -eu -c`.
    ///
    /// The script finds what it needs in environment variables (``StepContext/variables``) and sets outputs by
    /// appending `name=value` lines to the file `$OUTPUTS`.
    ///
    /// - Parameters:
    ///   - name: The step's name, unique among the steps of its phase.
    ///   - script: The script; what it prints goes to the step's log.
    ///   - timeout: How long one attempt may take.
    ///   - retry: How often the step is tried again after a failure, and after which pauses.
    ///   - isRepeatable: Whether the step may run again after an interruption without confirmation.
    ///   - inherited: Names of the caller's environment variables that the script gets too.
    ///   - folder: The folder in which the script starts; `nil` for the caller's.
    public static func shell(
        _ name: StepName, _ script: String, timeout: Duration = .seconds(600), retry: RetryPolicy = .never,
        isRepeatable: Bool = true, inheriting inherited: [String] = [], folder: AbsolutePath? = nil
    ) -> Step {
        var step = Step(name, timeout: timeout, retry: retry, isRepeatable: isRepeatable) { step in
            var variables: [String: String] = [:]
            for name in inherited { variables[name] = ThisProcess.variable(name) }
            try await step.runScript(script, variables: step.variables(adding: variables), folder: folder)
        }
        step.digest = Checksum(of: ([script] + inherited).joined(separator: "\0").utf8)
        return step
    }
}
