import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Forget: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops keeping an environment and destroys nothing of what its steps made.",
        usage: "\(Tool.name) forget <name> [--yes] [<options>]",
        discussion: """
            For an environment that was moved to another store, or that something else manages from now on. Its history \
            and states are exported first, and its working files (keys, logs, what steps made here) are kept beside the \
            export; `import` brings it back. On a terminal it says what stays and asks; elsewhere it needs --yes.

            \(Examples(["forget web"]))
            """)

    @OptionGroup var names: NameOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let name = names.name
        let standing = try await repository.standing(of: name)
        if let error = standing.error { throw error }
        guard let stored = standing.stored else { throw try await session.notFound(name) }
        if let freeze = stored.document.context.freeze, freeze.holds(), MoveMark(freeze) == nil {
            throw Failure(
                .wrongState, "frozen", "forget of \(name) was refused: it is \(freeze). Nothing was done.",
                next: session.invocation(name).unfreeze())
        }
        let remains = ForgottenFiles(of: stored.document, in: repository)
        if !remains.belongElsewhere { try check(remains, session) }
        if try await repository.holder(of: name) == nil {
            try await session.confirm(confirmation, "forget \(name)") { lines(stored, remains) }
        }
        let export = try remains.write(try await session.exported(stored))
        do {
            try await repository.forget(name, at: stored.serial)
        } catch {
            // It is still kept, so that its export is of no use.
            remains.removeExport()
            throw error
        }
        let kept = try remains.moveFiles()
        return Answer(
            ["\(name) is forgotten; nothing that its steps made was destroyed", "  export     \(export)"]
                + kept.map { "  kept       \($0)" },
            json: Report(environment: name, serial: stored.serial, export: export, kept: kept))
    }

    /// Refuses to take the files away from what works with them.
    private func check(_ remains: ForgottenFiles, _ session: Session) throws {
        guard StepProcess.isAnyAtWork(in: remains.workspace) else { return }
        throw Failure(
            .held, "busy", "What a step of \(names.name) started still works. Nothing was done.",
            next: session.invocation(names.name).line("lock"))
    }

    private func lines(_ stored: StoredEnvironment, _ remains: ForgottenFiles) -> [String] {
        let document = stored.document
        var details = Details()
        details.add("state", "\(document.state), serial \(stored.serial)")
        details.add("address", document.instance.map { "\($0.address) stays as it is" })
        details.add("provider", document.context.provider.kind.text)
        details.add(
            "files",
            remains.belongElsewhere
                ? "\(remains.workspace.root) stays: it belongs to the store that \(document.name) was moved to"
                : "are kept in \(remains.folder)")
        return ["\(document.name) is kept no more; what its steps made is not destroyed"] + details.lines
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let serial: Int
        let export: String
        /// What was moved beside the export.
        let kept: [String]
    }
}
