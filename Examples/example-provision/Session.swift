import Commands
import EnvironmentDomain
import OperatingSystem
import Persistence

/// One call of the program: from its arguments to what it says on standard output.
struct Session {
    private let arguments: Arguments
    private let name: EnvironmentName
    private let repository: FileEnvironmentRepository
    private let options: CommandOptions

    init(_ arguments: Arguments, progress: ProgressFeed, interruption: Interruption) throws {
        self.arguments = arguments
        name = try EnvironmentName(arguments.name)
        repository = try FileEnvironmentRepository(
            dataFolder: arguments.dataFolder ?? "data", lockTimeout: arguments.lockTimeout,
            emergencyFolder: arguments.emergencyFolder)
        options = CommandOptions(progress: progress, interruption: interruption, rerun: arguments.rerun)
    }

    func run() async throws -> Output {
        switch arguments.action {
        case .status: try status()
        case .purge: try await purge()
        case .recover: try await recover()
        case .destroy: try await destroy()
        default: try await deploy()
        }
    }

    // MARK: Deploying and destroying

    private func deploy() async throws -> Output {
        let named = try namedProvider()
        return try await withStored { stored in
            if let stored, arguments.goal.isReached(by: stored.document) {
                if !arguments.isDryRun { await completeHistory() }
                return output(stored, "nothing to do, \(arguments.goal.rawValue) is reached")
            }
            let orchestrator = try orchestrator(named, stored)
            if arguments.isDryRun {
                return planned(try orchestrator.plan(from: stored?.document, until: arguments.goal), stored)
            }
            let description = try description(orchestrator.provider.reference)
            if stored != nil { warnOfIgnoredOptions() }
            let report = try await orchestrator.deploy(
                name, until: arguments.goal, onlyIf: { named != nil || isChosen(for: stored, $0) },
                creating: description)
            return output(report)
        }
    }

    private func destroy() async throws -> Output {
        let named = try namedProvider()
        return try await withStored { stored in
            guard let stored else { throw notFound() }
            if stored.document.state == .destroyed { return output(stored, "nothing to do, it is destroyed already") }
            let orchestrator = try orchestrator(named, stored)
            if arguments.isDryRun { return planned(try orchestrator.planDestroy(of: stored.document), stored) }
            let report = try await orchestrator.destroy(
                name, onlyIf: { named != nil || isChosen(for: stored, $0) })
            guard let report else { throw notFound() }
            return output(report)
        }
    }

    /// Looks at what is stored and does something with it; again when another command has changed the provider before
    /// the lease was taken.
    private func withStored(_ body: (StoredEnvironment?) async throws -> Output) async throws -> Output {
        for _ in 0..<10 {
            do {
                return try await body(try repository.load(name))
            } catch let error as CommandError where error.code == .staleEnvironment {
                continue
            }
        }
        return try await body(try repository.load(name))
    }

    /// Whether the provider that was chosen for what was stored is the right one for what is stored now.
    private func isChosen(for before: StoredEnvironment?, _ now: AnyEnvironmentState?) -> Bool {
        let (chosen, right) = (before?.document.context.provider, now?.context.provider)
        return chosen?.kind == right?.kind && chosen?.source == right?.source
    }

    /// Writes what a run that was killed after its last save has left to be written of the history.
    private func completeHistory() async {
        guard (try? repository.abandoned(name)) != nil else { return }
        // Where nothing can be written, as on a read-only disk, there is still nothing to do.
        try? await repository.withLockTimeout(.zero).withLease(name, for: .save) { _ in }
    }

    /// The provider that the command line names; nil when it names none.
    private func namedProvider() throws -> Provider? {
        if let workflow = arguments.workflow { return try Provider.workflowFile(workflow) }
        switch arguments.provider {
        case nil, "workflow"?: return nil
        case "local"?: return .local
        case "opentofu"?:
            throw UsageError(description: "the provider opentofu is not there yet; use local or --workflow FILE")
        case let other?: throw UsageError(description: "there is no provider \(other); use local or --workflow FILE")
        }
    }

    /// The commands with the provider that is named, or else with the one that is remembered, or else the local one.
    private func orchestrator(_ named: Provider?, _ stored: StoredEnvironment?) throws -> DeploymentOrchestrator {
        let provider: Provider
        let remembered = stored?.document.context.provider
        if let named {
            provider = named
        } else if remembered?.kind == .workflow, let source = remembered?.source {
            do {
                provider = try Provider.workflowFile(source.text)
            } catch {
                throw Failure(
                    .usage, "invalid_workflow",
                    "\(name) was made with this workflow file. \(error.description) Put it back, or name another with "
                        + "--workflow FILE.")
            }
        } else if arguments.provider == "workflow" {
            throw UsageError(description: "--provider workflow needs --workflow FILE")
        } else if let kind = remembered?.kind, kind != .local {
            throw UsageError(
                description: "\(name) was made with the provider \(kind), which this program does not have")
        } else {
            provider = .local
        }
        if let rerun = options.rerun {
            let commands = CommandName.allCases.map { provider[$0] }
            guard commands.contains(where: { $0.steps.contains { $0.name == rerun } }) else {
                throw UsageError(description: "--rerun: there is no step \(rerun)")
            }
        }
        return DeploymentOrchestrator(provider: provider, repository: repository, options: options)
    }

    /// Describes the environment for the case that nothing is stored.
    private func description(_ provider: ProviderReference) throws -> () -> Environment<Created> {
        let privateKey = try AbsolutePath(
            absolutePath(arguments.sshKey ?? "\(repository.workspace(for: name).keys)/id_ed25519"))
        let credentials = SSHCredentials(
            username: try SSHUsername(arguments.sshUser ?? "deploy"), privateKeyPath: privateKey,
            publicKeyPath: try AbsolutePath(privateKey.text + ".pub"))
        let port = try arguments.sshPort.map { try SSHPort($0) } ?? .standard
        return { [name] in
            Environment(name: name, sshCredentials: credentials, sshPort: port, provider: provider)
        }
    }

    private func warnOfIgnoredOptions() {
        let given =
            [("--ssh-user", arguments.sshUser), ("--ssh-key", arguments.sshKey)].filter { $0.1 != nil }.map(\.0)
            + (arguments.sshPort == nil ? [] : ["--ssh-port"])
        guard !given.isEmpty else { return }
        EnvironmentLog.log(
            LogRecord(
                level: .warning, message: "the environment exists and keeps the SSH settings that it was created with",
                fields: ["environment_name": name.text, "ignored_options": given.joined(separator: ",")]))
    }

    // MARK: Looking and mending

    private func status() throws -> Output {
        guard let stored = try repository.load(name) else { throw notFound() }
        let environment = stored.document
        var output = Output(arguments, dataFolder: repository.dataFolder, stored: stored)
        output.progress = environment.progress
        output.failure = environment.failure
        output.holder = try repository.holder(of: name)
        if let record = try repository.emergencyRecord(of: name) {
            output.emergencyRecord = record
            output.next = arguments.invocation("--recover", record)
        }
        let isInterrupted = environment.unfinishedCommand != nil && environment.failure == nil && output.holder == nil
        output.text = [environment.description + (isInterrupted ? " (interrupted)" : "")] + details(stored)
        if let progress = environment.progress, environment.unfinishedCommand != nil {
            let completed = progress.completed.map(\.name.text).joined(separator: ", ")
            output.text.append("  completed  \(completed.isEmpty ? "no step" : completed)")
            if let current = progress.current {
                let word = output.holder == nil ? "stopped in" : "running   "
                output.text.append(
                    "  \(word) \(current.name), started \(current.startedAt), attempt \(current.attempt)")
            }
        }
        if let failure = environment.failure {
            output.text.append("  failed     \(failure.failedStep): \(failure.summary)")
            if let trace = failure.traceFile { output.text.append("  trace      \(trace)") }
        }
        if let record = output.emergencyRecord {
            output.text.append("  record     \(record) is newer than what is stored")
        }
        if let holder = output.holder {
            output.text.append("  held by    \(holder)")
        } else if let next = output.next {
            output.text.append("  next       \(next)")
        }
        return output
    }

    private func purge() async throws -> Output {
        var output = Output(arguments, dataFolder: repository.dataFolder, stored: nil)
        output.text = ["nothing to do, nothing is stored of \(name)"]
        let folder = repository.workspace(for: name).root
        guard try isThere("\(folder)/state.json.lock") else { return output }
        // What is stored is asked under the lease: another command may have made the environment a moment ago.
        var serial: Int?
        try await repository.withLease(name, for: .purge) { lease in
            let stored = try await lease.stored
            serial = stored?.serial
            if let state = stored?.document.state, state != .destroyed {
                throw Failure(
                    .wrongState, "wrong_state",
                    "\(name) is in state \(state), and only a destroyed environment can be purged. Nothing was removed.",
                    next: arguments.invocation("--destroy"))
            }
            // Also when nothing is stored: an earlier purge may have been killed half-way.
            try await lease.delete()
        }
        if let serial {
            output.changed = true
            output.text = ["purged \(name): nothing of it is left but \(folder)/state.json.lock"]
            output.serial = serial
        }
        return output
    }

    private func isThere(_ path: String) throws -> Bool {
        do {
            _ = try OpenFile(path, .read)
            return true
        } catch  where error.isNotFound {
            return false
        }
    }

    private func recover() async throws -> Output {
        do {
            guard try OpenFile(absolutePath(arguments.record), .read).status().kind == .regular else {
                throw UsageError(description: "--recover: \(arguments.record) is not a file")
            }
        } catch let error as SystemError {
            throw UsageError(description: "--recover: \(arguments.record) cannot be read: \(error.reason)")
        }
        let stored = try await repository.recover(arguments.record, for: name)
        var output = output(stored, "the record is brought in")
        output.changed = true
        return output
    }

    // MARK: Saying it

    private func notFound() -> Failure {
        Failure(
            .notFound, "not_found", "There is no environment \(name) in \(repository.dataFolder).",
            next: arguments.invocation())
    }

    private func details(_ stored: StoredEnvironment) -> [String] {
        var lines: [String] = []
        if let address = stored.document.instance?.address { lines.append("  address    \(address)") }
        let since = stored.savedAt.map { ", saved \($0)" } ?? ""
        lines.append("  state      \(stored.document.state.typeName) (serial \(stored.serial)\(since))")
        lines.append("  folder     \(repository.workspace(for: name).root)")
        return lines
    }

    private func output(_ stored: StoredEnvironment, _ remark: String) -> Output {
        var output = Output(arguments, dataFolder: repository.dataFolder, stored: stored)
        output.text = ["\(stored.document) (\(remark))"] + details(stored)
        if let next = output.next { output.text.append("  next       \(next)") }
        return output
    }

    private func output(_ report: DeploymentOrchestrator.Report) -> Output {
        let time = report.steps.reduce(Duration.zero) { $0 + $1.duration }
        let steps = report.steps.count == 1 ? "1 step" : "\(report.steps.count) steps"
        let remark = report.changed ? "\(steps) run in \(time.text)" : "nothing to do"
        var output = output(report.stored, remark)
        output.changed = report.changed
        output.steps = report.steps.map {
            Output.Step(
                command: $0.command, name: $0.name, outcome: $0.outcome.rawValue, durationSeconds: $0.duration.seconds)
        }
        return output
    }

    private func planned(
        _ commands: [DeploymentOrchestrator.PlannedCommand], _ stored: StoredEnvironment?
    ) -> Output {
        var output = Output(arguments, dataFolder: repository.dataFolder, stored: stored)
        output.steps = commands.flatMap { planned in
            planned.steps.map {
                Output.Step(command: planned.command, name: $0, outcome: "planned", durationSeconds: nil)
            }
        }
        output.text = [stored.map { "\($0.document)" } ?? "Environment '\(name)' would be created"]
        output.text += output.steps.map { "  would run  \($0.command) \($0.name)" }
        if output.steps.isEmpty { output.text.append("  would run  no step") }
        return output
    }
}
