import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// States that may have been edited by hand.
struct Edits {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// What is stored, or what a person made of it.
    func current(_ name: EnvironmentName) async throws -> StoredEnvironment {
        let repository = session.repository
        do throws(RepositoryError) {
            if let stored = try await repository.load(name) { return stored }
        } catch {
            guard error.code == .checksumMismatch else { throw error }
            return try await repository.editedState(of: name)
        }
        throw try await session.notFound(name)
    }
}

struct AcceptEdit: EnvctlCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-edit",
        abstract: "Makes a state that was edited by hand the stored state.",
        usage: "envctl accept-edit <name> [<options>]",
        discussion: """
            Shows what differs from the newest good backup (the last save's own change among it), checks that it is a valid state without members that nobody knows, and saves it \
            with the next serial. What was edited is kept: a file under another name, a row as a backup.
            """)

    @OptionGroup var names: NameOptions

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason = "edited by hand"

    @Flag(name: .customLong("dry-run"), help: "Only show what was changed.")
    var isDryRun = false

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.exists(names.name) else { throw try await session.notFound(names.name) }
        let edited: StoredEnvironment
        do throws(RepositoryError) {
            edited = try await repository.editedState(of: names.name)
        } catch {
            let invocation = session.invocation(names.name)
            var failure = Failure(error, invocations: invocation)
            failure.next = invocation.line("doctor")
            throw failure
        }
        let before = try await repository.backups(of: names.name).lazy.compactMap(\.stored).first
        let difference = try before.map { try Difference(from: $0, to: edited) }
        let shown = difference?.lines ?? ["there is no good backup to compare with"]
        let environment = try session.environment(names.name)
        guard !isDryRun else {
            return Answer(
                shown, json: Report(report: EnvironmentReport(edited, in: environment), difference: difference))
        }
        let stored = try await repository.acceptEdit(of: names.name, reason: reason)
        var report = EnvironmentReport(stored, "the edit is accepted", in: environment)
        report.changed = true
        return Answer(shown + report.lines, json: Report(report: report, difference: difference))
    }

    private struct Report: Encodable, Sendable {
        let report: EnvironmentReport
        let difference: Difference?

        enum CodingKeys: String, CodingKey { case difference }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(difference, forKey: .difference)
        }
    }
}

struct Recover: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings in an emergency record, or a backup when what is stored is damaged.",
        usage: "envctl recover <name> [<record>] [<options>]")

    @OptionGroup var names: NameOptions

    @Argument(
        help: ArgumentHelp("The record; the newest one that is found if not given.", valueName: "record"),
        completion: .file(extensions: ["json"]))
    var record: String?

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try session.environment(names.name)
        var path = record
        // Looked for only when none is named: what is stored may be damaged, and then it cannot be.
        if path == nil { path = try await environment.repository.emergencyRecord(of: names.name) }
        guard let path else {
            guard try await environment.repository.exists(names.name) else {
                throw try await session.notFound(names.name)
            }
            throw Failure(
                .notFound, "no_record",
                "There is no emergency record of \(names.name) that is newer than what is stored.",
                next: session.invocation(names.name).look())
        }
        var report = EnvironmentReport(
            try await environment.recover(path), "\(path) is brought in", in: environment)
        report.changed = true
        return Answer(report.lines, json: report)
    }
}
