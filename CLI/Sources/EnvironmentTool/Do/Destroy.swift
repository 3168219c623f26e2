import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Destroy: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the destroy steps and marks the environment destroyed; finishes a destroy that was begun.",
        usage: "\(Tool.name) destroy <name> [--yes] [<options>]",
        discussion: """
            On a terminal it shows what would be removed and asks for the environment's name; elsewhere it needs --yes. A \
            destroy that was begun is finished without asking again.
            """,
        aliases: ["rm"])
    @OptionGroup var work: WorkOptions
    @OptionGroup var confirmation: ConfirmationOptions

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session)
        let shown = try await confirmed(session, environment)
        let outcome = try await environment.destroy(isDryRun: work.isDryRun) { now in
            guard let shown, now.serial != shown else { return }
            throw Failure(
                .wrongState, "changed", "\(now.document.name) was changed while you were asked. Nothing was done.",
                next: session.invocation(now.document.name).look())
        }
        return report(outcome, of: environment)
    }

    /// Asks whether the environment is to be destroyed.
    ///
    /// - Returns: the serial of the state that the person saw; `nil` when nobody was to be asked.
    private func confirmed(_ session: Session, _ environment: EnvironmentSession) async throws -> Int? {
        let name = work.names.name
        guard !work.isDryRun, !confirmation.isGiven else { return nil }
        let standing = try await session.repository.standing(of: name)
        // A destroy that was begun was confirmed before.
        guard case .stored(let stored) = standing, stored.document.state != .destroyed,
            stored.document.unfinishedCommand != .destroy, try await !session.isRefused(standing, of: name)
        else { return nil }
        try await session.confirm(confirmation, "destroy \(name)", typing: name.text) {
            EnvironmentReport(try await environment.destroy(isDryRun: true), in: environment).lines
        }
        return stored.serial
    }
}
