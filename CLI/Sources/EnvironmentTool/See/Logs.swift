import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Logs: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the steps of a run printed; the newest run unless another is named.",
        usage: "\(Tool.name) logs <name> [<step>] [<options>]",
        discussion: "\(Examples(["logs web", "logs web install --lines 50", "logs web --follow", "logs web --list"]))")

    @OptionGroup var names: NameOptions

    @Argument(help: "Only this step, in the newest run that has it.")
    var step: String?

    @Option(
        name: .long, help: ArgumentHelp("A run, by the first digits of its id (`history` shows it).", valueName: "id"))
    var run: String?

    @Flag(name: .long, help: "Only say which logs there are.")
    var list = false

    @Option(
        name: .long, help: ArgumentHelp("Only the last lines of each.", valueName: "count"),
        transform: NumberArgument.whole)
    var lines: Int?

    @Flag(
        name: .shortAndLong,
        help: "Follow what is printed, over steps and commands, until the environment's command ends.")
    var follow = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var follows: Bool { follow }

    func validate() throws {
        if follow, global.isJSON || list { throw ValidationError("--follow excludes --json and --list.") }
        if run?.isEmpty == true { throw ValidationError("--run needs a value and not an empty text.") }
        if step?.isEmpty == true { throw ValidationError("A step has a name; an empty text is none.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.isKnown(names.name) else { throw try await session.notFound(names.name) }
        if follow { return try await followed(session) }
        let logs = try await StepLogs(of: names.name, in: repository).all
        let wanted = logs.filter(isWanted)
        // Steps of one run, unless everything is listed: the newest is the last.
        let shown = list ? wanted : wanted.filter { $0.run == wanted.last?.run }
        guard !shown.isEmpty else { throw missing(in: logs, session) }
        if list {
            var table = Table(header: ["RUN", "FILE"])
            table.rows = shown.map { [$0.run, $0.file] }
            let folder = repository.workspace(for: names.name).logs
            return Answer(
                ["Logs of \(names.name), in \(folder)"] + table.lines(),
                json: Listing(environment: names.name, logs: shown))
        }
        let texts = try shown.map { log in
            var log = log
            do {
                log.lines = try StepLogFile(log.path).lines(last: lines) ?? []
            } catch {
                throw Failure(.notSaved, "read_failed", "\(log.path) cannot be read: \(error)")
            }
            return log
        }
        let text = texts.flatMap { log in (shown.count > 1 ? ["== \(log.step) (\(log.path))"] : []) + (log.lines ?? [])
        }
        return Answer(text, json: Listing(environment: names.name, logs: texts))
    }

    private func isWanted(_ log: StepLogs.Log) -> Bool {
        (step == nil || log.step == step) && run.map { log.run.hasPrefix($0.lowercased()) } ?? true
    }

    private func missing(in logs: [StepLogs.Log], _ session: Session) -> Failure {
        let steps = Set(logs.map(\.step)).sorted()
        let near = step.flatMap { $0.nearest(in: steps) }.map { " Did you mean \($0)?" } ?? ""
        return Failure(
            .notFound, "no_log", "\(names.name) has no log\(step.map { " of the step \($0)" } ?? "").\(near)",
            next: logs.isEmpty
                ? session.invocation(names.name).look() : session.invocation(names.name).line("logs", "--list"))
    }

    // MARK: Following

    /// Writes what the steps print until no command works on the environment any more.
    private func followed(_ session: Session) async throws -> Answer {
        let name = names.name
        var logs = FollowedLogs(of: name, in: session.repository, last: lines, isWanted)
        while true {
            // Asked before the files are read, so that what was printed last is read too.
            let isHeld = try await isHeld(session)
            StandardOutput.write(try await logs.read(isEnded: !isHeld))
            if StandardOutput.isClosed { return ended }
            guard isHeld else { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        // A command that just began may not have started a step.
        if logs.isEmpty { throw missing(in: try await StepLogs(of: name, in: session.repository).all, session) }
        guard let document = try await session.repository.load(name)?.document else { return ended }
        var answer = ended
        if let failure = document.failure {
            answer.failures = [
                Failure(
                    .stepFailed, "step_failed", "Step \(failure.failedStep) of \(name) failed: \(failure.summary).",
                    next: session.invocation(name).line("trace"))
            ]
        } else if let command = document.unfinishedCommand {
            answer.failures = [
                Failure(
                    .stepFailed, "interrupted", "\(command) of \(name) was interrupted.",
                    next: session.wayOut(name).next(after: document))
            ]
        }
        return answer
    }

    /// Whether a command works on the environment; a store that cannot be read for a while is waited for.
    private func isHeld(_ session: Session) async throws -> Bool {
        do throws(RepositoryError) {
            return try await session.repository.holder(of: names.name) != nil
        } catch  where error.code == .readStateFailed {
            return true
        }
    }

    private var ended: Answer { Answer([], json: Listing(environment: names.name, logs: [])) }

    private struct Listing: Encodable, Sendable {
        let environment: EnvironmentName
        let logs: [StepLogs.Log]
    }
}
