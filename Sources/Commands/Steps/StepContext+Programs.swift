public import EnvironmentDomain
import OperatingSystem

extension StepContext {
    /// Runs a program until it exits and returns its standard output.
    ///
    /// The program leads a new session without a terminal, and its output goes to the step's log. When the task is
    /// cancelled, the session gets SIGINT, later SIGTERM, and later SIGKILL (see ``CommandOptions``). When the program
    /// exits, the rest of its session is ended. At the end of the step, every process that still holds the `busy` lock
    /// is ended too. A process that is meant to keep running must start its own session and close the descriptors above
    /// 2.
    ///
    /// - Parameters:
    ///   - program: A name to find on the `PATH`, or a path; a relative path starts at the folder.
    ///   - arguments: The program's arguments.
    ///   - environment: Environment variables to add to ``variables``. They can replace `PATH`, `HOME`, `LANG`,
    ///     `TMPDIR` and `SSH_AUTH_SOCK`, but no other of these variables.
    ///   - folder: The program's working folder; `nil` for that of this process.
    ///   - input: The program's standard input; `nil` for an empty one.
    /// - Returns: The result, with status 0.
    /// - Throws: ``StepError`` with the kind `exit_status` for another status, and the errors of
    ///   ``execute(_:_:environment:folder:input:)``.
    @discardableResult
    public func run(
        _ program: String, _ arguments: String..., environment: [String: String] = [:], folder: AbsolutePath? = nil,
        input: String? = nil
    ) async throws -> Execution {
        try await run(program, arguments: arguments, environment: environment, folder: folder, input: input)
    }

    /// Runs a program until it exits and returns its standard output.
    ///
    /// This is ``run(_:_:environment:folder:input:)`` with the arguments in an array.
    @discardableResult
    public func run(
        _ program: String, arguments: [String], environment: [String: String] = [:], folder: AbsolutePath? = nil,
        input: String? = nil
    ) async throws -> Execution {
        let execution = try await execute(
            program, arguments: arguments, environment: environment, folder: folder, input: input)
        guard execution.status == 0 else {
            throw StepError(kind: .exitStatus, summary: "\(program) exited with status \(execution.status)")
        }
        return execution
    }

    /// Runs a program until it exits and returns its exit status and its standard output.
    ///
    /// A status other than 0 is not an error.
    ///
    /// - Parameters:
    ///   - program: A name to find on the `PATH`, or a path; a relative path starts at the folder.
    ///   - arguments: The program's arguments.
    ///   - environment: Environment variables to add to ``variables``. They can replace `PATH`, `HOME`, `LANG`,
    ///     `TMPDIR` and `SSH_AUTH_SOCK`, but no other of these variables.
    ///   - folder: The program's working folder; `nil` for that of this process.
    ///   - input: The program's standard input; `nil` for an empty one.
    /// - Throws: ``StepError`` with the kind `tool_missing` when there is no such program, `not_started`, `disk_full`
    ///   or `outputs_removed` when the program could not be started, and `signal` when a signal ended it;
    ///   `CancellationError` when the task is cancelled before the start.
    public func execute(
        _ program: String, _ arguments: String..., environment: [String: String] = [:], folder: AbsolutePath? = nil,
        input: String? = nil
    ) async throws -> Execution {
        try await execute(program, arguments: arguments, environment: environment, folder: folder, input: input)
    }

    /// Runs a program until it exits and returns its exit status and its standard output.
    ///
    /// This is ``execute(_:_:environment:folder:input:)`` with the arguments in an array.
    public func execute(
        _ program: String, arguments: [String], environment: [String: String] = [:], folder: AbsolutePath? = nil,
        input: String? = nil
    ) async throws -> Execution {
        try Task.checkCancellation()
        let variables = variables(adding: environment)
        if let fault = Self.fault(arguments, environment) {
            throw StepError(kind: .notStarted, summary: "\(program) was not started: \(fault)", isRetryable: false)
        }
        var request = request(
            [try Self.find(program, path: variables["PATH"], from: folder)] + arguments, variables, folder)
        let standardInput = try input.map(files.input)
        request.input = standardInput?.file.descriptor
        try makeInstanceFolder()
        let outputPath = files.newOutputPath()
        let tails = detailTails
        defer { files.remove(outputPath) }
        let child = try withExtendedLifetime(standardInput) { () throws(StepError) in
            try start(request, output: outputPath)
        }
        let (end, capture) = await observe(
            child, tails, capture: OutputCapture(outputPath, log: files.log), stop: .group)
        switch end {
        case .exited(let status): return capture.execution(status: status)
        case .signalled(let number):
            throw StepError(kind: .signal, summary: "\(program) was ended by signal \(number)")
        }
    }

    /// Runs a script, whose output goes to the step's log byte for byte.
    func runScript(_ script: String, variables: [String: String], folder: AbsolutePath?) async throws {
        try Task.checkCancellation()
        let tails = detailTails
        try makeInstanceFolder()
        let child = try start(request(["/bin/sh", "-eu", "-c", script], variables, folder))
        switch await observe(child, tails, stop: .group) {
        case .exited(0): return
        case .exited(let code): throw StepError(kind: .exitStatus, summary: "exited with status \(code)")
        case .signalled(let number): throw StepError(kind: .signal, summary: "was ended by signal \(number)")
        }
    }

    /// Runs a program until it exits, as ``execute(_:_:environment:folder:input:)`` does, and reads its standard output
    /// line by line meanwhile.
    ///
    /// - Parameters:
    ///   - tool: The program.
    ///   - onLine: Receives each line of the standard output, in order, soon after the program wrote it. Lines with the
    ///     weight ``EventWeight/passing`` may be left out.
    /// - Returns: The exit status of the program, or the signal that ended it.
    /// - Throws: ``StepError`` with the kind `tool_missing`, `not_started`, `disk_full` or `outputs_removed`;
    ///   `CancellationError` when the task is cancelled before the start.
    public func runTool(
        _ tool: ToolRun, onLine: @escaping @Sendable (String) -> Void
    ) async throws -> ToolRun.End {
        try Task.checkCancellation()
        // A step that reads the output writes to the log itself, and ``log(_:)`` shows these lines to observers
        // already.
        let tail =
            tool.output.map { Tail(events: $0, weigh: tool.weigh, onSkip: sayLeftOut, onLine: onLine) }
            ?? Tail(log: files.logPath, offset: files.logSize, onLine: onLine)
        let request = ChildProcess.Request(
            command: tool.command, environment: tool.variables.merging(Self.callersVariables) { own, _ in own },
            workingFolder: tool.folder, inherited: [busy.file.descriptor],
            graceWhenOrphaned: tool.graceWhenOrphaned ?? (options.interruptGrace + options.terminateGrace))
        let child = try start(request, output: tool.output, reserve: tool.reserve)
        return switch await observe(child, [tail], stop: tool.stop) {
        case .exited(let status): .exited(status)
        case .signalled(let number): .signalled(number)
        }
    }

    private func sayLeftOut(_ lines: Int) {
        log("… (\(lines) lines that came faster than they could be read are left out)")
    }

    private func show(_ line: String) { options.progress?.report(.detail(line.asPrinted)) }

    private func request(
        _ command: [String], _ variables: [String: String], _ folder: AbsolutePath?
    ) -> ChildProcess.Request {
        ChildProcess.Request(
            command: command, environment: variables, workingFolder: folder?.text,
            inherited: [busy.file.descriptor], graceWhenOrphaned: options.interruptGrace + options.terminateGrace)
    }

    /// Creates the folder `INSTANCE_DIR`, except in a destroy, one of whose steps may have removed it.
    private func makeInstanceFolder() throws(StepError) {
        guard command != .destroy else { return }
        do {
            _ = try Folder.making(workspace.instance)
        } catch {
            throw StepError(
                kind: error.isFull ? .diskFull : .notStarted,
                summary: "the folder \(workspace.instance) of INSTANCE_DIR cannot be made: \(error)")
        }
    }

    /// The tails that show observers what is added to the log from now on; read this property before the program
    /// starts.
    private var detailTails: [Tail] {
        options.progress?.hasDetails == true ? [Tail(log: files.logPath, offset: files.logSize, onLine: show)] : []
    }

    /// Returns the absolute path of a program.
    private static func find(_ program: String, path: String?, from folder: AbsolutePath?) throws(StepError) -> String {
        let found: String?
        if program.has("/") {
            found =
                program.begins(with: "/") ? program : folder.map { "\($0)/\(program)" } ?? (try? absolutePath(program))
        } else {
            found = ThisProcess.findProgram(program, on: path)
        }
        guard let found, ThisProcess.isProgram(found) else {
            let place =
                program.has("/") ? "is not there, or is not a program that can be started" : "is not on the PATH"
            throw StepError(
                kind: .toolMissing, summary: "\(program.isEmpty ? "a program without a name" : program) \(place)")
        }
        return found
    }

    /// Returns the reason for which the system would misread an argument or a variable; `nil` when there is none.
    private static func fault(_ arguments: [String], _ environment: [String: String]) -> String? {
        if arguments.contains(where: { $0.has("\0") }) { return "an argument has a zero character" }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, !name.has("="), !name.has("\0") else {
                return "\(name.quotedAsJSON) is not the name of an environment variable"
            }
            if value.has("\0") { return "the value of the environment variable \(name) has a zero character" }
        }
        return nil
    }

    private func start(
        _ request: ChildProcess.Request, output: String? = nil, reserve: Int = 0
    ) throws(StepError) -> ChildProcess {
        guard let program = request.command.first, ThisProcess.isProgram(program) else {
            let name = request.command.first ?? "nothing"
            throw StepError(
                kind: .toolMissing, summary: "\(name) is not there, or is not a program that can be started")
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
                self.log("this file system keeps no room free; on a full disk the program's last lines may be lost")
            }
            return try ChildProcess(request, output: file, errors: log)
        } catch  where error.isFull {
            throw StepError(
                kind: .diskFull,
                summary:
                    "\(request.command[0]) was not started, since \(error.subject) would have no room: \(error.reason)")
        } catch {
            throw StepError(kind: .notStarted, summary: "\(request.command[0]) could not be started: \(error)")
        }
    }

    private func observe(_ child: ChildProcess, _ tails: [Tail], stop: ToolRun.Stop) async -> ChildProcess.End {
        let readers = tails.map { tail in Self.follow(tail) { tail, isEnded in tail.read(isEnded: isEnded) } }
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
            var tail = await reader.value
            tail.finish()
        }
        return end
    }

    private func observe(
        _ child: ChildProcess, _ tails: [Tail], capture: OutputCapture, stop: ToolRun.Stop
    ) async -> (ChildProcess.End, OutputCapture) {
        let copying = Self.follow(capture) { capture, _ in capture.read() }
        let end = await observe(child, tails, stop: stop)
        copying.cancel()
        return (end, await copying.value)
    }

    /// Starts a task that reads what a program adds, until the task is cancelled and everything was read.
    private static func follow<Reader: Sendable>(
        _ reader: Reader, _ read: @escaping @Sendable (inout Reader, _ isEnded: Bool) -> Bool
    ) -> Task<Reader, Never> {
        Task {
            var reader = reader
            while !Task.isCancelled {
                // Let other tasks run, even on a machine with one processor.
                while read(&reader, false), !Task.isCancelled { await Task.yield() }
                try? await Task.sleep(for: .milliseconds(100))
            }
            while read(&reader, true) { await Task.yield() }
            return reader
        }
    }
}
