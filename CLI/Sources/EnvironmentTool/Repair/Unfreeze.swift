import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Unfreeze: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lifts a freeze.",
        usage: "\(Tool.name) unfreeze <name> [<options>]",
        discussion: """
            What was moved to another store stays frozen, since it lives there; to unfreeze it must be confirmed, and `forget` \
            stops keeping it here.
            """)

    @OptionGroup var names: NameOptions

    @Option(name: .long, help: ArgumentHelp("Why, for the history.", valueName: "text"))
    var reason: String?

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let before = try await session.stored(names.name)
        if let mark = before.document.context.freeze.flatMap(MoveMark.init) {
            try await session.confirm(
                confirmation, "unfreeze \(names.name), which was moved to \(mark.location)",
                orElse: session.invocation(names.name).line("forget")
            ) { ["What is changed or destroyed here and there is the same."] }
        }
        let stored = try await FreezeCommand(repository: session.repository)
            .unfreeze(names.name, reason: reason)
        guard let stored else { throw try await session.notFound(names.name) }
        return try session.freezeReport(stored, changed: stored.serial != before.serial)
    }
}
