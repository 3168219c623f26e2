public import EnvironmentDomain
import OperatingSystem

/// The context of a running step: the environment, the outputs, the log, and the functions that run programs.
public struct StepContext: Sendable {
    /// The environment as it was saved before the step started.
    public let environment: AnyEnvironmentState
    /// The name of the step's command.
    public let command: CommandName
    /// The run of the command, whose identifier appears in the history, in logs and in traces.
    public let commandRun: CommandRun
    /// The step's name.
    public let step: StepName
    /// The number of the attempt in this run, from 1.
    public let attempt: Int
    /// The environment's workspace: the folder for working files.
    public let workspace: Workspace
    /// The environment's lineage, which distinguishes environments that had the same name at different times; `nil`
    /// when it is not stored.
    public let lineage: Lineage?

    let files: StepFiles
    let busy: FileLock
    let options: CommandOptions
    /// The temporary folder of a test's context, which is removed with the context.
    var temporaryFolder: TemporaryFolder?
    let standstill = Standstill()

    /// The step's log file, which is created by the first write.
    public var logFile: StepLogFile { StepLogFile(files.logPath) }
    /// The path of a file next to the log for the events that a program reports; the file need not exist.
    public var eventsPath: String { files.eventsPath }

    /// The environment's parameters by name.
    public var parameters: [ParameterName: String] { environment.context.parameters }

    /// Writes a line to the step's log and reports it to observers.
    public func log(_ line: String) {
        let line = line.withoutControlCharacters
        files.log.append(line)
        options.progress?.report(.detail(line))
    }

    /// Reports the progress of a step with many parts, as a line in its log and an event for observers.
    ///
    /// - Parameters:
    ///   - done: The number of parts that are done.
    ///   - total: The number of all parts.
    ///   - text: A description of the last part.
    public func advance(done: Int, of total: Int, _ text: String) {
        let text = text.withoutControlCharacters
        files.log.append("\(done) of \(total)  \(text)")
        options.progress?.report(.advanced(step, done: done, of: total, text))
    }

    /// The environment variables that every program of a step gets.
    public var variables: [String: String] { variables(adding: [:]) }

    /// Returns the variables together with others, which can replace only those inherited from this process.
    func variables(adding others: [String: String]) -> [String: String] {
        var variables = [
            "ENVIRONMENT_NAME": environment.name.text,
            "INSTANCE_NAME": environment.context.instanceName.text,
            "INSTANCE_DIR": workspace.instance,
            "DATA_DIR": parentPath(of: workspace.root.text) ?? workspace.root.text,
            "OUTPUTS": files.outputs.path,
            // The lock is the only descriptor that a program inherits, besides the standard ones.
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

    /// The environment variables of this process that every program inherits, and those of an instrument.
    static var callersVariables: [String: String] {
        var variables = addedVariables
        for name in ["PATH", "HOME", "LANG", "TMPDIR", "SSH_AUTH_SOCK"] {
            variables[name] = ThisProcess.variable(name)
        }
        return variables
    }
}
