import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage
import Persistence

struct Stats: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "How deployments and saves ended, resumes and failures, of one environment or of all.",
        usage: "\(Tool.name) stats [<name>] [<options>]",
        discussion: """
            Counted from the history, so that the figures survive every process. A save that failed is known when a \
            later one made it good. How long a save took is not stored, since that would cost another save.

            \(Examples(["stats", "stats web --json"]))
            """)

    @Argument(
        help: ArgumentHelp("Only this environment.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var name: EnvironmentName?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        var figures = Figures()
        var unreadable: [EnvironmentName] = []
        var count = 1
        if let name {
            guard let lines = try await repository.historyLines(of: name) else {
                throw try await session.notFound(name)
            }
            figures.add(lines, try await runs(of: name, lines, repository))
        } else {
            let names = try await repository.names()
            count = names.count
            for name in names {
                do throws(RepositoryError) {
                    let lines = try await repository.historyLines(of: name) ?? []
                    figures.add(lines, try await runs(of: name, lines, repository))
                } catch {
                    unreadable.append(name)
                }
            }
        }
        let report = Report(
            environment: name, environments: count, unreadable: unreadable, figures: figures,
            clock: global.clock)
        return Answer(report.lines, json: report)
    }

    /// The runs of an environment, with the states that say how they ended.
    private func runs(
        of name: EnvironmentName, _ lines: [HistoryLine], _ repository: any EnvironmentArchive
    ) async throws(RepositoryError) -> RunHistory {
        var history = RunHistory(lines)
        let serials = Set(history.runs.filter(\.needsState).compactMap(\.progressSerial))
        guard !serials.isEmpty else { return history }
        for state in try await repository.states(of: name, at: serials).values { history.add(state.document) }
        return history
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName?
        let environments: Int
        let unreadable: [EnvironmentName]
        let figures: Figures
        let clock: WallClock

        enum CodingKeys: String, CodingKey { case environment, environments, unreadable, figures }

        var lines: [String] {
            let saves = figures.saves
            var details = Details()
            details.add("saves", "\(saves.attempts) tried, \(saves.succeeded) succeeded, \(saves.failed) failed")
            for (name, endings) in [("deploys", figures.deployments), ("destroys", figures.destroys)] {
                details.add(
                    name,
                    "\(endings.completed) phases completed, \(endings.failed) failed, \(endings.interrupted) interrupted"
                )
            }
            details.add("success", saves.successRate.map { "\(Self.percent($0)) %" })
            details.add("runs", "\(figures.runs), \(figures.resumes) of them resumed an interrupted one")
            details.add("last resume", figures.lastResume.map(clock.withAge))
            if !unreadable.isEmpty {
                details.add("unreadable", unreadable.map(\.text).joined(separator: ", "))
            }
            var table = Table(header: ["COMMAND", "STEP", "DONE", "FAILED", "STOPPED", "P50", "P95", "P99", "MAX"])
            table.flexible = 1
            table.rows = figures.steps.map { step in
                [
                    step.command.rawValue, step.name.text, "\(step.completed)", "\(step.failed)", "\(step.interrupted)",
                ] + [50, 95, 99, 100].map { step.times.percentile($0).map { String($0.text.dropLast(2)) } ?? "-" }
            }
            let subject = environment?.text ?? "\(environments) environment\(environments == 1 ? "" : "s")"
            return ["Figures of \(subject), from the history, times in seconds"] + details.lines
                + (table.rows.isEmpty ? [] : [""] + table.lines())
        }

        private static func percent(_ rate: Double) -> String {
            let tenths = Int((rate * 1000).rounded(.down))
            return "\(tenths / 10).\(tenths % 10)"
        }
    }
}
