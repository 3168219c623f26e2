public import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that runs a script with `/bin/sh -eu -c`.
    ///
    /// The script gets the environment variables ``StepContext/variables``. It sets outputs by appending `name=value`
    /// lines to the file `$OUTPUTS`.
    ///
    /// - Parameters:
    ///   - name: The step's name, unique among the steps of its phase.
    ///   - script: The script. Its output goes to the step's log.
    ///   - timeout: The longest time that one attempt may take.
    ///   - retry: The policy for retrying the step after a failure.
    ///   - isRepeatable: Whether the step may run again after an interruption without confirmation.
    ///   - inherited: The names of environment variables of this process that the script gets too.
    ///   - folder: The script's working folder; `nil` for that of this process.
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
