import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Validate: SeveralCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the provider whether what was made is still as it was made. Changes nothing.",
        usage: "\(Tool.name) validate <name> ... [--all] [<options>]",
        discussion: """
            The exit code is 2 when something differs. A workflow file says only how to make things and cannot be asked: \
            exit code 78. Unlike the commands that show what is stored, this one holds the environment while it inspects it, \
            and leaves a log.

            \(Examples(["validate web", "validate --all --thorough"]))
            """)

    @OptionGroup var names: NamesOptions
    @OptionGroup(title: "Provider options") var provider: ProviderOptions

    @Flag(name: .long, help: "Check what takes a while too, such as playbooks in check mode.")
    var thorough = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var runsSteps: Bool { true }

    func validate() throws { try names.checkAny() }

    func answer(_ session: Session) async throws -> Answer {
        try await session.each(names, names.resolved(in: session.repository)) { try await answer($0, session) }
    }

    private func answer(_ name: EnvironmentName, _ session: Session) async throws -> Answer {
        let environment = try session.environment(name, choice: try provider.choice())
        let (stored, drift) = try await environment.validate(isThorough: thorough)
        let report = EnvironmentReport(drift, stored, in: environment)
        let count = drift.findings.count
        if drift.hasDrifted, let reason = await Outbox.current(session.repository).add(drift: count, of: stored) {
            EnvironmentLog.log(
                LogRecord(
                    level: .warning, message: "the drift cannot be notified",
                    fields: ["environment_name": stored.document.name.text, "reason": reason]))
        }
        return Answer(
            report.lines, json: report,
            failure: drift.hasDrifted
                ? Failure(
                    .drift, "drift",
                    "\(count) thing\(count == 1 ? " differs" : "s differ") from what was made of \(name).")
                : nil)
    }
}
