import Commands
import EnvironmentDomain
import OperatingSystem

/// The tool at work for one step: where it is called, what it is told, and what came of it.
struct Tool: Sendable {
    let program: ToolProgram
    let build: BuildFolder
    let context: StepContext
    let inherited: [String]
    var state: StateProtection { StateProtection(build) }

    /// How a call of the tool ended.
    struct Outcome: Sendable {
        let end: ToolRun.End
        let report: ToolReport.State

        var isSuccess: Bool { end == .exited(0) }
    }

    /// How long the tool has to stop what it drives, before everything is killed.
    ///
    /// A provider finishes or gives up the request that it waits for; what is killed in the middle of one is lost sight
    /// of. A second signal to this program ends the waiting.
    static let grace = Duration.seconds(60)

    // MARK: Calling

    /// Runs one of the tool's commands in the copy of the user's folder.
    ///
    /// - Parameters:
    ///   - words: the command and its options.
    ///   - name: the name of the file for what the tool says.
    ///   - reserve: bytes of disk that are kept for what the tool says.
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

    /// Follows the user's folder and initializes the copy when that was never done for what it holds now.
    func prepare(_ source: InfrastructureFolder) async throws {
        let changed = try InfrastructureCopy(build: build).follow(source)
        if !changed.isEmpty {
            let names = changed.prefix(10).joined(separator: ", ")
            context.log("took over from \(source.path): \(names)\(changed.count > 10 ? ", …" : "")")
        }
        guard try initialized() != build.read(BuildFolder.initialized) else { return }
        try await initialize()
    }

    /// Fetches what the user's files ask for, providers and modules.
    func initialize() async throws {
        let outcome = try await run(["init", "-json", "-no-color", "-input=false"], name: "init")
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            let isConfiguration = outcome.report.errors.first?.place != nil
            throw failure(outcome, kind: isConfiguration ? "invalid_configuration" : "init_failed", "init")
        }
        try build.open().put(try initialized(), at: BuildFolder.initialized)
    }

    /// What the copy would be initialized for now.
    private func initialized() throws -> [UInt8] {
        let manifest = try build.read(BuildFolder.manifest) ?? []
        return Array("\(Checksum(of: manifest)) \(program.path)\n".utf8)
    }

    // MARK: Failing

    /// The failure of a call, with the tool's own reason.
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
