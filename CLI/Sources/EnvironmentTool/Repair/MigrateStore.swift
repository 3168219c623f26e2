import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct MigrateStore: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves environments to another store, with their history, earlier states and working files.",
        usage: "\(Tool.name) migrate-store [<name> ...] --to <place> [<options>]",
        discussion: """
            From folders to a database and back, or to another of the same kind. Nothing is overwritten there, and nothing \
            is removed here: what was moved stays, frozen, so that nobody continues with the old one by accident. Each is \
            read back and compared. Moves all environments unless some are named; what was moved already is left alone.

            \(Examples(["migrate-store --to /srv/environments"]))
            """)

    @Argument(
        help: ArgumentHelp("Only these.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var only: [EnvironmentName] = []

    @Option(
        name: .long, help: ArgumentHelp("Where to: a folder, or a PostgreSQL database.", valueName: "place"),
        completion: .directory)
    var to: String

    @Flag(name: .customLong("dry-run"), help: "Only say what would be moved.")
    var isDryRun = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func answer(_ session: Session) async throws -> Answer {
        let source = session.repository
        let target = try Store.open(to, like: global)
        guard source.location != target.location else {
            throw UsageError(description: "--to \(to.withoutPassword) is where the environments are already")
        }
        for name in only where try await !source.exists(name) { throw try await session.notFound(name) }
        var moves: [Move] = []
        for name in try await only.isEmpty ? source.names() : only {
            if only.isEmpty, try await hasOnlyFiles(of: name, source, target) { continue }
            do throws(CancellationError) {
                moves.append(
                    try await StoreMigration(name: name, source: source, target: target, isTrial: isDryRun).move())
            } catch {
                return stopped(before: name, moves, source, target, session)
            }
        }
        let refused = moves.count { $0.refusal != nil }
        let report = Report(from: source.location, to: target.location, environments: moves)
        return Answer(
            moves.isEmpty ? ["no environments in \(source.location)"] : moves.map(\.line), json: report,
            failure: refused == 0
                ? nil
                : Failure(.notSaved, "not_moved", "\(refused) of \(moves.count) environments could not be moved."))
    }

    /// What was moved when a signal came.
    private func stopped(
        before name: EnvironmentName, _ moves: [Move], _ source: any EnvironmentArchive,
        _ target: any EnvironmentArchive, _ session: Session
    ) -> Answer {
        var answer = Answer(
            moves.map(\.line), json: Report(from: source.location, to: target.location, environments: moves))
        let moved = moves.count { $0.outcome == .moved }
        answer.interruption = (
            "It was stopped before \(name) was moved; \(moved) environment\(moved == 1 ? " was" : "s were") moved.",
            ([Tool.name] + session.words).commandLine
        )
        return answer
    }

    /// Whether the source has nothing but working files, which are those of the target's environment of that name.
    private func hasOnlyFiles(
        of name: EnvironmentName, _ source: any EnvironmentArchive, _ target: any EnvironmentArchive
    ) async throws -> Bool {
        guard source.workspace(for: name) == target.workspace(for: name),
            case .damaged(let error) = try await source.standing(of: name), error.backup == nil
        else { return false }
        return try await target.standing(of: name).stored != nil
    }

    private struct Report: Encodable, Sendable {
        let from: String
        let to: String
        let environments: [Move]
    }
}
