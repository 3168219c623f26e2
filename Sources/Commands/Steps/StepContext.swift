public import EnvironmentDomain
import OperatingSystem

/// What a running step knows and can do.
public struct StepContext: Sendable {
    /// The environment as it was saved before the step started.
    public let environment: AnyEnvironmentState
    /// The command whose step it is.
    public let command: CommandName
    /// The run of the command, whose identifier is in the history, in logs and in traces.
    public let commandRun: CommandRun
    /// The step's name.
    public let step: StepName
    /// 1 for the first attempt of this run.
    public let attempt: Int
    /// The environment's folder for working files.
    public let workspace: Workspace
    /// What tells the environment from an earlier or later one of the same name; `nil` when it is not stored.
    public let lineage: Lineage?

    let files: StepFiles
    let busy: FileLock
    let options: CommandOptions
    /// The folder of a test's context, which goes with it.
    var temporaryFolder: TemporaryFolder?
    let standstill = Standstill()

    /// The step's log file, which is made when something is written to it.
    public var logFile: StepLogFile { StepLogFile(files.logPath) }
    /// The path of a file in which a step can keep what a program reports, beside the log; it is not made here.
    public var eventsPath: String { files.eventsPath }

    /// The parameters, by name.
    public var parameters: [ParameterName: String] { environment.context.parameters }

    /// Writes a line to the step's log and shows it to observers.
    public func log(_ line: String) {
        let line = line.withoutControlCharacters
        files.log.append(line)
        options.progress?.report(.detail(line))
    }

    /// Reports how far a step of many parts has come: a line in its log, and an event for observers.
    ///
    /// - Parameters:
    ///   - done: The number of parts that are done.
    ///   - total: The number of parts.
    ///   - text: What happened last.
    public func advance(done: Int, of total: Int, _ text: String) {
        let text = text.withoutControlCharacters
        files.log.append("\(done) of \(total)  \(text)")
        options.progress?.report(.advanced(step, done: done, of: total, text))
    }

    /// The environment variables that every program of a step gets.
    public var variables: [String: String] { variables(adding: [:]) }

    /// The variables with others, which take the place of the caller's own and of nothing else.
    func variables(adding others: [String: String]) -> [String: String] {
        var variables = [
            "ENVIRONMENT_NAME": environment.name.text,
            "INSTANCE_NAME": environment.context.instanceName.text,
            "INSTANCE_DIR": workspace.instance,
            "DATA_DIR": parentPath(of: workspace.root.text) ?? workspace.root.text,
            "OUTPUTS": files.outputs.path,
            // The lock is the one descriptor that a program inherits.
            "BUSY_FD": "3",
            "STEP_NAME": step.text,
            "STEP_ATTEMPT": "\(attempt)",
            "COMMAND_ID": commandRun.id.text,
        ]
        for (name, value) in environment.context.outputs.sorted(by: { $0.key < $1.key }) {
            variables[Outputs.variable(name)] = value
        }
        for (name, value) in parameters { variables["PARAM_\(name.text.uppercased())"] = value }
        return variables.merging(others) { own, _ in own }.merging(Self.callersVariables) { own, _ in own }
    }

    /// What every program gets of this process's own environment, and of the instrument's.
    static var callersVariables: [String: String] {
        var variables = addedVariables
        for name in ["PATH", "HOME", "LANG", "TMPDIR", "SSH_AUTH_SOCK"] {
            variables[name] = ThisProcess.variable(name)
        }
        return variables
    }
}
