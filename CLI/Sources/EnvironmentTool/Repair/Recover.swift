import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Recover: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Applies an emergency record, or the newest whole state that is left of a damaged environment.",
        usage: "\(Tool.name) recover <name> [<record>] | --decline <record> [<options>]",
        discussion: """
            A state that could not be saved is kept in an emergency record. Nothing changes the environment until the \
            record is applied, or declined: then it is moved aside, and the history says so.

            \(Examples(["recover web", "recover web --decline RECORD"]))
            """)

    @OptionGroup var names: NameOptions

    @Argument(
        help: ArgumentHelp("The record; the newest one that is found if not given.", valueName: "record"),
        completion: .file(extensions: ["json"]))
    var record: String?

    @Option(
        name: .long, help: ArgumentHelp("Move this record aside instead of applying it.", valueName: "record"),
        completion: .file(extensions: ["json"]))
    var decline: String?

    @Option(name: .long, help: ArgumentHelp("Why it is declined, for the history.", valueName: "text"))
    var reason: String?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func validate() throws {
        if record != nil && decline != nil {
            throw ValidationError("A record is applied or declined, and not both.")
        }
        if reason != nil && decline == nil { throw ValidationError("--reason is for --decline.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let environment = try session.environment(names.name)
        if let decline {
            let report = try await environment.decline(decline, reason: reason)
            return Answer(report.lines, json: report)
        }
        var path = record
        if path == nil { path = try await session.repository.standing(of: names.name).error?.backup }
        guard let path else {
            guard try await session.repository.exists(names.name) else {
                throw try await session.notFound(names.name)
            }
            throw Failure(
                .notFound, "no_record",
                "There is no emergency record of \(names.name) that is newer than what is stored.",
                next: session.invocation(names.name).line("doctor"))
        }
        var report = EnvironmentReport(
            try await environment.recover(path), "\(path) is applied", in: environment)
        report.changed = true
        return Answer(report.lines, json: report)
    }
}
