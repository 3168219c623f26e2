import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct History: ToolCommand {
    enum Kind: String, CaseIterable, ExpressibleByArgument, Sendable {
        case transition, step, saved
    }

    static let configuration = CommandConfiguration(
        abstract: "What happened to an environment, the oldest first.",
        usage: "\(Tool.name) history <name> [<options>]",
        discussion: """
            Every line has the whole state of that save: `show --at SERIAL` shows it, `diff FROM TO` compares two of them, \
            `restore SERIAL` puts one back.

            \(Examples([
                "history web",
                "history web --last 20",
                "history web --since 2h --kind transition",
                "history web --follow",
            ]))
            """)

    @OptionGroup var names: NameOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Only what happened since then, for example 2h, 3d, 2026-11-20.", valueName: "time"),
        transform: Moment.past)
    var since: Timestamp?

    @Option(
        name: .long, help: ArgumentHelp("Only what happened before then.", valueName: "time"), transform: Moment.past)
    var before: Timestamp?

    @Option(name: .long, help: ArgumentHelp("Only what this command did.", valueName: "command"))
    var command: CommandName?

    @Option(
        name: .long,
        help: ArgumentHelp("Only what this run of a command did: its identifier, or how it begins.", valueName: "run"))
    var run: String?

    @Option(name: .long, help: ArgumentHelp("Only what happened to this step.", valueName: "step"))
    var step: String?

    @Option(name: .long, help: "Only events of this kind.")
    var kind: Kind?

    @Option(
        name: .long, help: ArgumentHelp("Only the newest so many.", valueName: "count"),
        transform: NumberArgument.whole)
    var last: Int?

    @Flag(name: .long, help: "Follow what is added, until Ctrl-C.")
    var follow = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    var follows: Bool { follow }

    func validate() throws {
        if follow && global.isJSON { throw ValidationError("--follow and --json exclude each other.") }
        if let step, (try? StepName(step)) == nil { throw ValidationError("\(step) is no name of a step.") }
        if run?.isEmpty == true { throw ValidationError("--run needs a value and not an empty text.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard let all = try await repository.historyLines(of: names.name) else {
            throw try await session.notFound(names.name)
        }
        var lines = all.filter(isWanted)
        if let last { lines = lines.suffix(last) }
        guard follow else {
            return Answer(
                table(lines, of: all),
                json: Listing(environment: names.name, events: lines, total: all.count))
        }
        StandardOutput.write(table(lines, of: all))
        var seen = all.last
        try await session.watch(names.name) {
            let all = try await repository.historyLines(of: names.name) ?? []
            // Of an environment that was made again nothing was seen.
            let added = seen.flatMap(all.lastIndex).map { all[($0 + 1)...] } ?? all[...]
            seen = all.last ?? seen
            StandardOutput.write(Array(table(added.filter(isWanted), of: all).dropFirst()))
        }
        return Answer([], json: Listing(environment: names.name, events: [], total: 0))
    }

    private func isWanted(_ line: HistoryLine) -> Bool {
        let event = line.event
        let kindOfEvent: Kind =
            switch event.change {
            case .transition: .transition
            case .step: .step
            case .saved: .saved
            }
        var stepName: String?
        if case .step(let name, _) = event.change { stepName = name.text }
        return since.map { event.at >= $0 } ?? true && before.map { event.at < $0 } ?? true
            && command ?? event.command == event.command && kind ?? kindOfEvent == kindOfEvent
            && run.map { event.commandID.text.hasPrefix($0.lowercased()) } ?? true && (step == nil || step == stepName)
    }

    private func table(_ lines: [HistoryLine], of all: [HistoryLine]) -> [String] {
        // As wide as the widest value, so that what is added later is aligned with what is there.
        var table = Table(header: ["SERIAL", "TIME                   ", "COMMAND    ", "RUN     ", "WHAT"])
        table.flexibleLeast = 44
        table.dispensable = [3, 2, 1]
        let durations = EventDurations(all)
        for line in lines {
            table.rows += line.missed.map { row($0, serial: "(not saved)", durations[$0]) }
            table.rows.append(row(line.event, serial: "\(line.serial)", durations[line.event]))
        }
        return table.lines()
    }

    private func row(_ event: HistoryEvent, serial: String, _ duration: String?) -> [String] {
        let what =
            switch event.change {
            case .transition(let from?, let to) where from == to: "stays \(to)"
            case .transition(let from, let to): "\(from?.rawValue ?? "nothing") -> \(to)"
            case .step(let name, let change): "\(name) \(change.rawValue)"
            case .saved: "saved"
            }
        let reason = event.reason.map { ": \($0.onOneLine)" } ?? ""
        return [
            serial, global.clock.text(event.at), event.command.rawValue, String(event.commandID.text.prefix(8)),
            what + reason + (duration.map { " (\($0))" } ?? ""),
        ]
    }

    private struct Listing: Encodable, Sendable {
        let environment: EnvironmentName
        let events: [HistoryLine]
        /// How many there are when nothing is left out.
        let total: Int
    }
}
