import Commands
import EnvironmentDomain
import OperatingSystem

/// OpenTofu or Terraform as one step runs it: the program, the build folder, and the environment variables.
struct Tool: Sendable {
    let program: ToolProgram
    let build: BuildFolder
    let context: StepContext
    let inherited: [String]
    var state: StateProtection { StateProtection(build) }

    /// The result of one run of OpenTofu or Terraform.
    struct Outcome: Sendable {
        let end: ToolRun.End
        let report: ToolReport.State

        var isSuccess: Bool { end == .exited(0) }
    }

    /// The time that OpenTofu or Terraform has to stop its providers before everything is killed.
    ///
    /// In this time, a provider completes or cancels its current request. A resource whose request is killed may exist
    /// without being in the state. A second signal to this process ends the wait.
    static let grace = Duration.seconds(60)

    // MARK: Runs

    /// Runs a command of OpenTofu or Terraform in the copy of the user's folder.
    ///
    /// - Parameters:
    ///   - words: The command and its options.
    ///   - name: The name of the file for the events, without `.jsonl`.
    ///   - reserve: The number of bytes to reserve on the disk for the events.
    func run(_ words: [String], name: String, reserve: Int = 0) async throws -> Outcome {
        try Folder.making(build.path).put([], at: lastComponent(of: build.emptyConfiguration))
        context.log("\(program.name) \(words.joined(separator: " "))")
        let context = context
        let report = ToolReport { line in
            if let done = line.done, let total = line.total {
                context.advance(done: done, of: total, line.text)
            } else {
                context.log(line.text)
            }
        }
        let tool = ToolRun(
            command: [program.path] + words,
            variables: program.variables(build, inherited: inherited, run: context.commandRun),
            folder: build.infrastructure, output: build.eventsPath(name), weigh: { report.weigh($0, leftOut: $1) },
            reserve: reserve,
            stop: .leader(Signals.interrupt, grace: Self.grace), graceWhenOrphaned: Self.grace)
        let end = try await context.runTool(tool) { report.take($0) }
        return Outcome(end: end, report: report.result)
    }

    /// Updates the copy from the user's folder, and initializes it if its files or the program have changed.
    func prepare(_ source: InfrastructureFolder) async throws {
        let changed = try InfrastructureCopy(build: build).follow(source)
        if !changed.isEmpty {
            let names = changed.prefix(10).joined(separator: ", ")
            context.log("took over from \(source.path): \(names)\(changed.count > 10 ? ", …" : "")")
        }
        guard try initialized() != build.read(BuildFolder.initialized) else { return }
        try await initialize()
    }

    /// Initializes the copy, which downloads the providers and modules.
    func initialize() async throws {
        let outcome = try await run(["init", "-json", "-no-color", "-input=false"], name: "init")
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            let isConfiguration = outcome.report.errors.first?.place != nil
            throw failure(outcome, kind: isConfiguration ? "invalid_configuration" : "init_failed", "init")
        }
        try build.open().put(try initialized(), at: BuildFolder.initialized)
    }

    /// Returns the content of ``BuildFolder/initialized`` for the current files and program.
    private func initialized() throws -> [UInt8] {
        let manifest = try build.read(BuildFolder.manifest) ?? []
        return Array("\(Checksum(of: manifest)) \(program.path)\n".utf8)
    }

    // MARK: Failures

    /// Returns the error for a failed run, with the reason that OpenTofu or Terraform gave.
    func failure(_ outcome: Outcome, kind: StepError.Kind, _ command: String, note: String = "") -> StepError {
        if let advice = adviceOnLock(outcome) {
            return StepError(kind: "state_locked", summary: "\(program.name) \(command): \(advice)\(note)")
        }
        let reason: String
        if let first = outcome.report.errors.first {
            let more = outcome.report.errors.count - 1
            reason = first.sentence + (more > 0 ? " and \(more) more, see the log" : "")
        } else {
            reason =
                switch outcome.end {
                case .exited(let code): "it exited with status \(code) and gave no reason"
                case .signalled(let number): "it was ended by signal \(number)"
                }
        }
        return StepError(kind: kind, summary: "\(program.name) \(command): \(reason)\(note)")
    }
}
