import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Logs: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the steps of a run printed; the newest run unless another is named.",
        usage: "\(Tool.name) logs <name> [<step>] [<options>]")

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

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func validate() throws {
        if run?.isEmpty == true { throw ValidationError("--run needs a value and not an empty text.") }
        if step?.isEmpty == true { throw ValidationError("A step has a name; an empty text is none.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.isKnown(names.name) else { throw try await session.notFound(names.name) }
        let logs = try await StepLogs(of: names.name, in: repository).all
        let wanted = logs.filter { log in
            (step == nil || log.step == step) && run.map { log.run.hasPrefix($0.lowercased()) } ?? true
        }
        // Steps of one run, unless everything is listed: the newest is the last.
        let shown = list ? wanted : wanted.filter { $0.run == wanted.last?.run }
        guard !shown.isEmpty else {
            let steps = Set(logs.map(\.step)).sorted()
            let near = step.flatMap { $0.nearest(in: steps) }.map { " Did you mean \($0)?" } ?? ""
            throw Failure(
                .notFound, "no_log", "\(names.name) has no log\(step.map { " of the step \($0)" } ?? "").\(near)",
                next: logs.isEmpty
                    ? session.invocation(names.name).look() : session.invocation(names.name).line("logs", "--list"))
        }
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

    private struct Listing: Encodable, Sendable {
        let environment: EnvironmentName
        let logs: [StepLogs.Log]
    }
}
