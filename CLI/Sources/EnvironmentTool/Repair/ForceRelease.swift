import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import Persistence

struct ForceRelease: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes an environment in a database away from its holder, which is shown first.",
        usage: "\(Tool.name) force-release <name> [--yes [<holder-id>]] [<options>]",
        discussion: """
            For a holder that hangs and cannot be stopped where it runs. Its session is ended, and nothing that it still \
            does can be saved; what its step does on its machine continues until it notices. The lock of a folder cannot be \
            taken away: it frees itself when the holder ends. On a terminal it shows the holder and asks; elsewhere it only \
            shows the holder, unless --yes is given.

            \(Examples(["force-release web", "force-release web --yes HOLDER-ID"]))
            """)

    @OptionGroup var names: NameOptions

    @Argument(
        help: ArgumentHelp("Take it from this holder only; the id is shown.", valueName: "holder-id"),
        transform: { try LockID($0) })
    var holderID: LockID?

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let name = names.name
        guard try await repository.isKnown(name) else { throw try await session.notFound(name) }
        let held = try await repository.holder(of: name)
        guard let store = repository as? any ForceReleasing else {
            guard let held else { return Answer(["\(name) is free"], json: Report(environment: name)) }
            throw Failure(
                .wrongState, "not_a_database",
                "\(name) is held by \(held), and the lock of a folder frees itself when its holder ends. Nothing was "
                    + "changed.", next: session.invocation(name).line("lock"))
        }
        guard let holder = try await held == nil ? store.abandoned(name) : held else {
            return Answer(["\(name) is free"], json: Report(environment: name))
        }
        let shown = Overview.Holder(holder)
        let line = "\(name) is held by \(holder), which is \(shown.condition.rawValue)"
        guard let id = holder.lockID else {
            return Answer(
                [line], json: Report(environment: name, holder: shown),
                failure: Failure(
                    .held, "held", "Nothing was changed. Its holder is not recorded yet; try again in a moment.",
                    next: session.invocation(name).line("lock")))
        }
        guard confirmation.isGiven || Question.canBeAsked else {
            return Answer(
                [line], json: Report(environment: name, holder: shown),
                failure: Failure(
                    .held, "held", "Nothing was changed. Stop that process where it runs if you can.",
                    next: session.invocation(name).line("force-release", "--yes", id.text)))
        }
        try await session.confirm(confirmation, "take \(name) away from this holder") { [line] }
        try await store.forceRelease(name, heldBy: holderID ?? id)
        return Answer(
            [line, "\(name) was taken away: nothing that this holder still does can be saved"],
            json: Report(environment: name, holder: shown, isReleased: true))
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        /// Who held it; nil when nobody did.
        var holder: Overview.Holder?
        var isReleased = false

        enum CodingKeys: String, CodingKey {
            case environment, holder
            case isReleased = "released"
        }
    }
}
