import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Destroy: SeveralCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the destroy steps and marks the environment destroyed; finishes a destroy that was begun.",
        usage: "\(Tool.name) destroy <name> ... [--all] [--yes] [<options>]",
        discussion: """
            On a terminal it shows what would be removed and asks for the names, once for all; elsewhere it needs --yes. A \
            destroy that was begun is finished without asking again.

            \(Examples(["destroy web", "destroy web api --yes", "destroy web --dry-run"]))
            """,
        aliases: ["rm"])

    @OptionGroup var names: NamesOptions
    @OptionGroup(title: "Provider options") var provider: ProviderOptions

    @Flag(name: .customLong("dry-run"), help: "Only say which steps would run.")
    var isDryRun = false

    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var readsStore: Bool { false }
    var runsSteps: Bool { true }

    func validate() throws { try names.checkAny() }

    func answer(_ session: Session) async throws -> Answer {
        let meant = try await names.resolved(in: session.repository)
        let shown = try await confirmed(meant, session)
        return try await session.each(names, meant) { name in
            let environment = try session.environment(name, choice: try provider.choice())
            let outcome = try await environment.destroy(isDryRun: isDryRun) { now in
                guard let serial = shown[name], now.serial != serial else { return }
                throw Failure(
                    .wrongState, "changed", "\(name) was changed while you were asked. Nothing was done.",
                    next: session.invocation(name).look())
            }
            let report = EnvironmentReport(outcome, in: environment)
            return Answer(report.lines, json: report)
        }
    }

    /// Asks whether the environments are to be destroyed, once for all of them.
    ///
    /// - Returns: the serials of the states that the person saw; none of an environment about which nobody was to be asked.
    private func confirmed(
        _ names: [EnvironmentName], _ session: Session
    ) async throws -> [EnvironmentName: Int] {
        guard !isDryRun, !confirmation.isGiven else { return [:] }
        var shown: [EnvironmentName: Int] = [:]
        for name in names {
            let standing = try await session.repository.standing(of: name)
            // A destroy that was begun was confirmed before.
            guard case .stored(let stored) = standing, stored.document.state != .destroyed,
                stored.document.unfinishedCommand != .destroy, try await !session.isRefused(standing, of: name)
            else { continue }
            shown[name] = stored.serial
        }
        guard !shown.isEmpty else { return [:] }
        let asked = names.filter { shown[$0] != nil }
        let list = asked.map(\.text)
        try await session.confirm(
            confirmation, "destroy \(list.joined(separator: ", "))", typing: list.joined(separator: " ")
        ) {
            var lines: [String] = []
            for name in asked {
                let environment = try session.environment(name, choice: try provider.choice())
                lines += EnvironmentReport(try await environment.destroy(isDryRun: true), in: environment).lines
            }
            return lines
        }
        return shown
    }
}
