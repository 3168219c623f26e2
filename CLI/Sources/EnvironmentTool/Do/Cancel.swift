import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import Persistence

struct Cancel: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the command that holds an environment to stop in order, as a signal does.",
        usage: "\(Tool.name) cancel <name> [--yes] [<options>]",
        discussion: """
            For a command on this machine. Its running step gets SIGINT, SIGTERM after 10 s and SIGKILL after 5 s more; what \
            was completed is kept, and `resume` continues. On a terminal it shows the holder and asks; elsewhere it needs \
            --yes.

            \(Examples(["cancel web", "cancel web --yes"]))
            """)

    @OptionGroup var names: NameOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let name = names.name
        let repository = session.repository
        guard try await repository.isKnown(name) else { throw try await session.notFound(name) }
        guard let holder = try await repository.holder(of: name) else {
            return Answer(
                ["nothing to do, no command holds \(name)"], json: Report(environment: name, holder: nil, asked: false))
        }
        let shown = Overview.Holder(holder)
        guard [.alive, .stopped].contains(shown.condition) else {
            throw Failure(
                .wrongState, "elsewhere",
                "\(name) is held by \(holder), which is \(shown.condition.rawValue), so that it cannot be asked from here. "
                    + "Nothing was done.", next: session.invocation(name).line("lock"))
        }
        try await session.confirm(confirmation, "cancel \(name)") { ["\(name) is held by \(holder)"] }
        // Between the question and the answer it may have ended, and its number may be another's by now.
        guard try await repository.holder(of: name)?.lockID == holder.lockID else {
            return Answer(
                ["nothing to do, that command has ended"], json: Report(environment: name, holder: shown, asked: false))
        }
        try holder.askToStop()
        return Answer(
            [
                "\(holder) was asked to stop: its step gets SIGINT now, SIGTERM after 10 s and SIGKILL after 5 s more",
                "  next       \(session.invocation(name).line("watch"))",
            ], json: Report(environment: name, holder: shown, asked: true))
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        /// The command that was asked; nil when there was none.
        let holder: Overview.Holder?
        let asked: Bool
    }
}
