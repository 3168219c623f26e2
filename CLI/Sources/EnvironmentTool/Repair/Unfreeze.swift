import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Unfreeze: SeveralCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lifts a freeze.",
        usage: "\(Tool.name) unfreeze <name> ... [--all] [<options>]",
        discussion: """
            What was moved to another store stays frozen, since it lives there; to unfreeze it must be confirmed, and `forget` \
            stops keeping it here.

            \(Examples(["unfreeze web", "unfreeze --all"]))
            """)

    @OptionGroup var names: NamesOptions

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason: String?

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws { try names.checkAny() }

    func answer(_ session: Session) async throws -> Answer {
        let meant = try await names.resolved(in: session.repository)
        try await confirm(meant, session)
        return try await session.each(names, meant) { name in
            let before = try await session.stored(name)
            let stored = try await FreezeCommand(repository: session.repository).unfreeze(name, reason: reason)
            guard let stored else { throw try await session.notFound(name) }
            return try session.freezeReport(stored, changed: stored.serial != before.serial)
        }
    }

    /// Asks once for all that were moved to another store.
    private func confirm(_ names: [EnvironmentName], _ session: Session) async throws {
        var moved: [(name: EnvironmentName, mark: MoveMark)] = []
        for name in names {
            // What cannot be read is said when it is its turn.
            guard let stored = try? await session.repository.load(name) else { continue }
            if let mark = stored.document.context.freeze.flatMap(MoveMark.init) { moved.append((name, mark)) }
        }
        guard let first = moved.first else { return }
        let list = moved.map { "\($0.name), which was moved to \($0.mark.location)" }.joined(separator: "; ")
        try await session.confirm(
            confirmation, "unfreeze \(list)", orElse: session.invocation(first.name).line("forget")
        ) { ["What is changed or destroyed here and there is the same."] }
    }
}
