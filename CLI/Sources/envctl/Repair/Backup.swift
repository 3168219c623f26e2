import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The earlier states that are kept: list, compare, put back.",
        subcommands: [BackupList.self, BackupDiff.self, BackupRestore.self])
}

struct BackupList: EnvctlCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The earlier states that are kept, the newest first.",
        usage: "envctl backup list <name> [<options>]")

    @OptionGroup var names: NameOptions
    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.isKnown(names.name) else { throw try await session.notFound(names.name) }
        let backups = try await repository.backups(of: names.name)
        var table = Table(header: ["SERIAL", "SAVED (UTC)", "STATE", "COMMAND"])
        table.rows = backups.map { backup in
            [
                "\(backup.serial)", backup.stored?.savedAt?.inTable ?? "-",
                backup.stored?.document.state.rawValue ?? "DAMAGED", backup.stored?.line?.event.command.rawValue ?? "-",
            ]
        }
        let report = Report(
            environment: names.name,
            backups: backups.map {
                Entry(
                    serial: $0.serial, location: $0.location, isDamaged: $0.stored == nil,
                    state: $0.stored?.document.state, savedAt: $0.stored?.savedAt)
            })
        return Answer(
            backups.isEmpty ? ["no earlier state of \(names.name) is kept"] : table.lines(), json: report)
    }

    private struct Entry: Encodable, Sendable {
        let serial: Int
        let location: String
        let isDamaged: Bool
        let state: LifecycleState?
        let savedAt: Timestamp?

        enum CodingKeys: String, CodingKey {
            case serial, location, state
            case isDamaged = "damaged"
            case savedAt = "saved_at"
        }
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let backups: [Entry]
    }
}

struct BackupDiff: EnvctlCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What differs between an earlier state and what is stored.",
        usage: "envctl backup diff <name> [<options>]",
        discussion: "A state file that was edited by hand is compared as it is now.")

    @OptionGroup var names: NameOptions

    @Option(
        name: .long, help: ArgumentHelp("The earlier state; the newest good backup if not given."),
        transform: NumberArgument.whole)
    var serial: Int?

    @Option(
        name: .long, help: ArgumentHelp("Another serial to compare with, instead of what is stored."),
        transform: NumberArgument.whole)
    var with: Int?

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let earlier = try await Backups(of: names.name, in: repository, session).stored(serial)
        let later: StoredEnvironment
        if let with {
            later = try await Backups(of: names.name, in: repository, session).stored(with)
        } else {
            later = try await Edits(session).current(names.name)
        }
        let difference = try Difference(from: earlier, to: later)
        return Answer(difference.lines, json: difference)
    }
}

struct BackupRestore: EnvctlCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts an earlier state back, as a save with the next serial; replaces a damaged state.",
        usage: "envctl backup restore <name> [<options>]",
        discussion: """
            What was made since then is not undone by it: find out with `validate` what is there. A damaged state file \
            is kept under another name.
            """)

    @OptionGroup var names: NameOptions

    @Option(
        name: .long, help: ArgumentHelp("The earlier state; the newest good backup if not given."),
        transform: NumberArgument.whole)
    var serial: Int?

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason = "restored by hand"

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let earlier = try await Backups(of: names.name, in: repository, session).stored(serial)
        let stored = try await repository.restore(names.name, to: earlier.serial, reason: reason)
        var report = EnvironmentReport(
            stored, "the state of serial \(earlier.serial) is back", in: try session.environment(names.name))
        report.changed = true
        return Answer(report.lines, json: report)
    }
}

/// The earlier states of one environment.
struct Backups {
    private let name: EnvironmentName
    private let repository: any EnvironmentArchive
    private let session: Session

    init(of name: EnvironmentName, in repository: any EnvironmentArchive, _ session: Session) {
        self.name = name
        self.repository = repository
        self.session = session
    }

    /// The state with that serial, or the newest good backup.
    func stored(_ serial: Int?) async throws -> StoredEnvironment {
        guard try await repository.isKnown(name) else { throw try await session.notFound(name) }
        if let serial {
            if let stored = try await repository.state(of: name, at: serial) { return stored }
            throw Failure(
                .notFound, "no_backup", "No good backup of \(name) has the serial \(serial).",
                next: session.invocation(name).line("backup list"))
        }
        if let stored = try await repository.backups(of: name).lazy.compactMap(\.stored).first { return stored }
        throw Failure(.notFound, "no_backup", "There is no good backup of \(name).")
    }
}
