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

    let files: StepFiles
    let busy: FileLock
    let options: CommandOptions

    /// Writes a line to the step's log and shows it to observers.
    public func log(_ line: String) {
        let line = line.withoutControlCharacters
        do {
            try Folder.making(files.folder).open(files.logName, .appendCreating).write(Array((line + "\n").utf8))
        } catch {
            EnvironmentLog.log(.warning, "a step's log could not be written", ["reason": error.description])
        }
        options.progress?.report(.detail(line))
    }

    /// Hands a value on: it is stored with the environment as soon as the step ends, however it ends.
    ///
    /// - Throws: ``StepError`` when the name or the value cannot be handed on.
    public func handOn(_ name: String, _ value: String) throws(StepError) {
        let line = "\(name)=\(value)"
        guard Outputs.pair(line) != nil, !value.contains(where: \.isNewline) else {
            throw StepError(kind: "invalid_output", summary: "\"\(line)\" cannot be handed on: \(Outputs.rule)")
        }
        do {
            let file = try Folder.making(files.folder).open(files.outputsName, .appendCreating)
            try file.write(Array((line + "\n").utf8))
        } catch {
            throw StepError(kind: "invalid_output", summary: "\(name) cannot be handed on: \(error)")
        }
    }

    /// Runs a program to its end, in a process group of its own, with its output in the step's log.
    ///
    /// When the task is cancelled the group gets SIGINT, later SIGTERM and SIGKILL (see ``CommandOptions``). Whatever is
    /// left of the group when the program ends is killed; a process that is meant to stay starts a session of its own
    /// and closes the descriptors above 2.
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
            inherited: [busy.file.descriptor])
        let offset = files.logSize
        switch await observe(try start(request), from: offset) {
        case .exited(0): return
        case .exited(let code): throw StepError(kind: "exit_status", summary: "exited with status \(code)")
        case .signalled(let number): throw StepError(kind: "signal", summary: "was ended by signal \(number)")
        }
    }

    private func start(_ request: ChildProcess.Request) throws(StepError) -> ChildProcess {
        guard let program = request.command.first, ThisProcess.isProgram(program) else {
            let name = request.command.first ?? "nothing"
            throw StepError(
                kind: "tool_missing", summary: "\(name) is not there, or is not a program that can be started")
        }
        do {
            let folder = try Folder.making(files.folder)
            // The program appends to the file of the outputs, and it must be ours and private before that.
            _ = try folder.open(files.outputsName, .appendCreating)
            return try ChildProcess(request, output: try folder.open(files.logName, .appendCreating))
        } catch {
            throw StepError(kind: "not_started", summary: "\(request.command[0]) could not be started: \(error)")
        }
    }

    private func observe(_ child: ChildProcess, from offset: Int) async -> ChildProcess.End {
        let tail = options.progress.map { progress in
            Task { [path = files.logPath] in
                var tail = LogTail(path: path, offset: offset)
                while !Task.isCancelled {
                    for line in tail.newLines() { progress.report(.detail(line)) }
                    try? await Task.sleep(for: .milliseconds(100))
                }
                while true {
                    let lines = tail.newLines(isEnded: true)
                    guard !lines.isEmpty else { break }
                    for line in lines { progress.report(.detail(line)) }
                }
            }
        }
        let end = await options.interruption.killing(child) {
            await withTaskCancellationHandler {
                await child.end()
            } onCancel: {
                child.stop(grace: options.interruptGrace, lastGrace: options.terminateGrace)
            }
        }
        tail?.cancel()
        await tail?.value
        return end
    }

    /// The environment variables that every program of a step gets.
    public var variables: [String: String] {
        var variables = [
            "ENVIRONMENT_NAME": environment.name.text,
            "INSTANCE_NAME": environment.context.instanceName.text,
            "INSTANCE_DIR": workspace.instance,
            "DATA_DIR": parentPath(of: workspace.root.text) ?? workspace.root.text,
            "OUTPUTS": files.outputsPath,
            // The lock is the one descriptor that a program inherits.
            "BUSY_FD": "3",
            "STEP_NAME": step.text,
            "STEP_ATTEMPT": "\(attempt)",
            "COMMAND_ID": run.id.text,
        ]
        for (name, value) in environment.context.outputs.sorted(by: { $0.key < $1.key }) {
            variables["OUTPUT_\(name.uppercased())"] = value
        }
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
    let outputsName: String

    /// - Parameters:
    ///   - position: the step's place among the command's steps, from 1.
    ///   - attempt: each has a file of outputs, so that a line that one left torn is not gone on with by the next.
    init(_ step: StepName, position: Int, attempt: Int = 1, run: CommandID, in workspace: Workspace) {
        let name = "\(position < 10 ? "0" : "")\(position)-\(step)"
        folder = "\(workspace.logs)/\(run)"
        logName = "\(name).log"
        outputsName = attempt == 1 ? "\(name).outputs" : "\(name).\(attempt).outputs"
    }

    var logPath: String { "\(folder)/\(logName)" }
    var outputsPath: String { "\(folder)/\(outputsName)" }
    /// The log's size now (bytes).
    var logSize: Int { (try? OpenFile(logPath, .read).status().size) ?? 0 }

    /// The last lines of the log.
    func logTail(_ count: Int = 20) -> [String] {
        guard let file = try? OpenFile(logPath, .read), let size = try? file.status().size,
            let bytes = try? file.read(from: max(0, size - 64 * 1024))
        else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast(lines.last?.isEmpty == true ? 1 : 0).suffix(count).map {
            String($0).withoutControlCharacters
        }
    }
}

/// Reads the whole lines that were added to a file since the last look.
struct LogTail {
    let path: String
    var offset: Int

    /// - Parameter isEnded: whether nothing follows, so that a last line without a newline is whole too.
    mutating func newLines(isEnded: Bool = false) -> [String] {
        guard let bytes = try? OpenFile(path, .read).read(from: offset, limit: 1 << 20), !bytes.isEmpty,
            let end = isEnded && bytes.last != UInt8(ascii: "\n")
                ? bytes.endIndex : bytes.lastIndex(of: UInt8(ascii: "\n"))
        else { return [] }
        offset += end + 1
        return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self).withoutControlCharacters }
    }
}
