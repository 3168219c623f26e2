import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Purge: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forgets a destroyed environment: removes everything of it but its lock.",
        usage: "\(Tool.name) purge <name> [--even-damaged] [--yes] [<options>]",
        discussion: """
            Refuses while it is not destroyed, frozen, or something that a step started still works. What is left of a \
            damaged environment may be all that says what its steps have made, so it stays unless --even-damaged is given. \
            On a terminal it shows what it removes and asks; elsewhere it needs --yes.

            \(Examples(["purge web --dry-run", "purge web --yes"]))
            """)

    @OptionGroup var names: NameOptions

    @Flag(
        name: .customLong("even-damaged"),
        help: "Remove also what cannot be read any more. What its steps have made stays, and nothing knows of it then.")
    var isEvenDamaged = false

    @Flag(name: .customLong("dry-run"), help: "Only say what would be removed.")
    var isDryRun = false

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }
    /// Nothing is left to purge where there is no folder.
    var readsStore: Bool { isDryRun }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try session.environment(names.name)
        let contents = try environment.filesToPurge()
        if isDryRun {
            let stored = try await environment.storedForPurge(evenIfDamaged: isEvenDamaged)
            guard try await session.repository.exists(names.name) else {
                throw try await session.notFound(names.name)
            }
            try checkProcesses(session)
            return Answer(
                ["purging \(names.name) would remove"] + contents.map { "  \($0)" },
                json: Report(report: EnvironmentReport(stored, in: environment), removed: [], planned: contents))
        }
        if !confirmation.isGiven, try await session.repository.isKnown(names.name) {
            _ = try await environment.storedForPurge(evenIfDamaged: isEvenDamaged)
            try checkProcesses(session)
            try await session.confirm(confirmation, "purge \(names.name)") {
                ["Purging \(names.name) removes"] + contents.map { "  \($0)" }
            }
        }
        let purged = try await environment.purge(evenIfDamaged: isEvenDamaged)
        let report = EnvironmentReport(purged: purged, in: environment)
        let removed = contents.filter { !TextFile.exists($0) }
        return Answer(
            report.lines + removed.map { "  removed    \($0)" },
            json: Report(report: report, removed: removed, planned: []))
    }

    private func checkProcesses(_ session: Session) throws {
        let processes = StepProcess.atWork(in: session.repository.workspace(for: names.name))
        guard !processes.isEmpty else { return }
        throw Failure(
            .held, "busy",
            "What a step of \(names.name) started still works: "
                + "\(processes.map(\.description).joined(separator: ", ")).",
            next: session.invocation(names.name).line("lock"))
    }

    private struct Report: Encodable, Sendable {
        let report: EnvironmentReport
        let removed: [String]
        let planned: [String]

        enum CodingKeys: String, CodingKey { case removed, planned }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(removed, forKey: .removed)
            try container.encode(planned, forKey: .planned)
        }
    }
}
