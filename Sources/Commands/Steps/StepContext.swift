public import EnvironmentDomain
import OperatingSystem

/// What a running step knows, and its way to hand things on.
public struct StepContext: Sendable {
    /// The environment as it was saved before the step started.
    public let environment: AnyEnvironmentState
    public let command: CommandName
    public let run: CommandRun
    public let step: StepName
    /// 1 for the first attempt of this run.
    public let attempt: Int
    /// The environment's folder for working files.
    public let workspace: Workspace
    /// What tells the environment from an earlier or later one of the same name; nil when nothing of it is stored.
    public let lineage: Lineage?

    let files: StepFiles
    let busy: FileLock
    let options: CommandOptions
    let standstill = Standstill()

    /// The parameters, by name.
    public var parameters: [ParameterName: String] { environment.context.parameters }

    /// Writes a line to the step's log and shows it to observers.
    public func log(_ line: String) {
        let line = line.withoutControlCharacters
        files.log.append(line)
        options.progress?.report(.detail(line))
    }

    /// Says how far a step of many parts has come: a line in its log, and an event for observers.
    public func advance(done: Int, of total: Int, _ text: String) {
        let text = text.withoutControlCharacters
        files.log.append("\(done) of \(total)  \(text)")
        options.progress?.report(.advanced(step, done: done, of: total, text))
    }

    /// Hands a value on: it is stored with the environment as soon as the step ends, however it ends.
    ///
    /// - Parameters:
    ///   - name: 1 to 100 letters, digits and underscores, a letter first.
    ///   - value: any text of at most 32768 bytes in UTF-8 without zero bytes, also of several lines.
    /// - Throws: ``StepError`` when the name or the value cannot be handed on.
    public func handOn(_ name: String, _ value: String) throws(StepError) { try files.outputs.append(name, value) }

    /// Runs a program to its end, in a session of its own without a terminal, with its output in the step's log.
    ///
    /// When the task is cancelled the session gets SIGINT, later SIGTERM and SIGKILL (see ``CommandOptions``). What is left
    /// of the session when the program ends is ended, and at the end of the step everything else that holds the `busy`
    /// lock; a process that is meant to stay starts a session of its own and closes the descriptors above 2.
    ///
    /// - Parameters:
    ///   - command: the program's absolute path and its arguments.
    ///   - variables: added to ``variables``, which are all that the program gets otherwise and which stay as they are.
    ///   - folder: the program's working folder; nil for this process's own.
    /// - Throws: ``StepError`` with the kind `tool_missing`, `not_started`, `exit_status` or `signal`.
    public func runProcess(
        _ command: [String], variables: [String: String] = [:], folder: String? = nil
    ) async throws {
        try Task.checkCancellation()
        let request = ChildProcess.Request(
            command: command, environment: variables.merging(self.variables) { $1 }, workingFolder: folder,
            inherited: [busy.file.descriptor], graceWhenOrphaned: options.interruptGrace + options.terminateGrace)
        let tails =
            options.progress?.hasDetails == true
            ? [Tail(log: files.logPath, offset: files.logSize, onLine: show)] : []
        switch await observe(try start(request), tails, stop: .group) {
        case .exited(0): return
        case .exited(let code): throw StepError(kind: "exit_status", summary: "exited with status \(code)")
        case .signalled(let number): throw StepError(kind: "signal", summary: "was ended by signal \(number)")
        }
    }

    /// Runs a tool to its end as ``runProcess(_:variables:folder:)`` does, and reads its standard output meanwhile.
    ///
    /// - Parameter onLine: gets each whole line of the standard output, in order, soon after the tool wrote it.
    /// - Returns: how it ended, whatever its exit status.
    /// - Throws: ``StepError`` with the kind `tool_missing` or `not_started`.
    func runTool(_ tool: ToolRun, onLine: @escaping @Sendable (String) -> Void) async throws -> ChildProcess.End {
        try Task.checkCancellation()
        // A step that reads the output writes to the log itself, and what it writes is shown already.
        let tail =
            tool.output.map { Tail(events: $0, weigh: tool.weigh, onSkip: sayLeftOut, onLine: onLine) }
            ?? Tail(log: files.logPath, offset: files.logSize, onLine: onLine)
        let request = ChildProcess.Request(
            command: tool.command, environment: tool.variables.merging(Self.callersVariables) { own, _ in own },
            workingFolder: tool.folder, inherited: [busy.file.descriptor], graceWhenOrphaned: tool.graceWhenOrphaned)
        return await observe(try start(request, output: tool.output, reserve: tool.reserve), [tail], stop: tool.stop)
    }

    private func sayLeftOut(_ lines: Int) {
        log("… (\(lines) lines that came faster than they could be read are left out)")
    }

    private func show(_ line: String) { options.progress?.report(.detail(line.asPrinted)) }

    private func start(
        _ request: ChildProcess.Request, output: String? = nil, reserve: Int = 0
    ) throws(StepError) -> ChildProcess {
        guard let program = request.command.first, ThisProcess.isProgram(program) else {
            let name = request.command.first ?? "nothing"
            throw StepError(
                kind: "tool_missing", summary: "\(name) is not there, or is not a program that can be started")
        }
        try files.outputs.make()
        do {
            let folder = try Folder.making(files.folder)
            let log = try folder.open(files.logName, .appendCreating)
            guard let output else { return try ChildProcess(request, output: log) }
            let outputFolder = try Folder.making(parentPath(of: output) ?? "/")
            let name = lastComponent(of: output)
            _ = try outputFolder.remove(name)
            let file = try outputFolder.open(name, .createNew)
            if reserve > 0, try !file.reserve(reserve) {
                self.log("this file system keeps no room free; on a full disk the tool's last words may be lost")
            }
            return try ChildProcess(request, output: file, errors: log)
        } catch  where error.isFull {
            throw StepError(
                kind: "disk_full",
                summary:
                    "\(request.command[0]) was not started, since \(error.subject) would have no room: \(error.reason)")
        } catch {
            throw StepError(kind: "not_started", summary: "\(request.command[0]) could not be started: \(error)")
        }
    }

    private func observe(_ child: ChildProcess, _ tails: [Tail], stop: ToolStop) async -> ChildProcess.End {
        let readers = tails.map { tail in
            Task {
                var tail = tail
                while !Task.isCancelled {
                    // Others get their turn, also on a machine with one processor.
                    while tail.read(), !Task.isCancelled { await Task.yield() }
                    try? await Task.sleep(for: .milliseconds(100))
                }
                while tail.read(isEnded: true) { await Task.yield() }
                tail.finish()
            }
        }
        let log = files.log
        let bounding = Task {
            while (try? await Task.sleep(for: .milliseconds(100))) != nil { log.bound() }
        }
        let standstill = standstill
        let watching = Task { await standstill.watch(child) }
        let end = await options.interruption.killing(child) {
            await withTaskCancellationHandler {
                await child.end()
            } onCancel: {
                switch stop {
                case .group: child.stop(grace: options.interruptGrace, lastGrace: options.terminateGrace)
                case .leader(let signal, let grace): child.stopLeader(with: signal, grace: grace)
                }
            }
        }
        watching.cancel()
        bounding.cancel()
        await bounding.value
        for reader in readers {
            reader.cancel()
            await reader.value
        }
        return end
    }

    /// The environment variables that every program of a step gets.
    public var variables: [String: String] {
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
            "COMMAND_ID": run.id.text,
        ]
        for (name, value) in environment.context.outputs.sorted(by: { $0.key < $1.key }) {
            variables[Outputs.variable(name)] = value
        }
        for (name, value) in parameters { variables["PARAM_\(name.text.uppercased())"] = value }
        return variables.merging(Self.callersVariables) { own, _ in own }
    }

    /// What every program gets of this process's own environment.
    private static var callersVariables: [String: String] {
        var variables: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG", "TMPDIR", "SSH_AUTH_SOCK"] {
            variables[name] = ThisProcess.variable(name)
        }
        return variables
    }
}

/// Where the log and the outputs of one step in one run are kept.
struct StepFiles: Sendable {
    let folder: String
    let logName: String
    let outputs: OutputsFile
    let log: StepLog

    /// - Parameters:
    ///   - position: the step's place among the command's steps, from 1.
    ///   - attempt: each has a file of outputs, so that a line that one left torn is not gone on with by the next.
    init(_ step: StepName, position: Int, attempt: Int = 1, run: CommandID, in workspace: Workspace) {
        let name = "\(position < 10 ? "0" : "")\(position)-\(step)"
        folder = "\(workspace.logs)/\(run)"
        logName = "\(name).log"
        log = StepLog(folder: folder, name: logName)
        outputs = OutputsFile(attempt == 1 ? "\(name).outputs" : "\(name).\(attempt).outputs", in: folder)
    }

    var logPath: String { "\(folder)/\(logName)" }
    /// What a tool that reports in JSON lines printed.
    var eventsPath: String { "\(folder)/\(logName.dropLast(4)).events.jsonl" }
    /// The log's size now (bytes).
    var logSize: Int { (try? OpenFile(logPath, .read).status().size) ?? 0 }

    /// The last lines of the log.
    func logTail(_ count: Int = 20) -> [String] {
        guard let file = try? OpenFile(logPath, .read), let size = try? file.status().size,
            let bytes = try? file.read(from: max(0, size - 64 * 1024))
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).textLines.suffix(count).map(\.asPrinted)
    }
}
