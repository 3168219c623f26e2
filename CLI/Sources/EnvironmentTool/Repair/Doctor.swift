import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Doctor: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is damaged, left over or unfinished, and how to repair it.",
        usage: "\(Tool.name) doctor [<name>] [--fix] [<options>]",
        discussion: """
            Checks modes, checksums, the history's chain, left-overs of killed commands, interrupted runs, orphaned \
            processes, emergency records, keys, disk space and the kind of file system. --fix repairs what can be repaired \
            without a decision, and writes a state.json that was edited or replaced again from the log; the old one is \
            kept under another name. What is stored is never replaced. The exit code is 65 when a problem is left.
            """)

    @Argument(
        help: ArgumentHelp("The environment's name.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var name: EnvironmentName?

    @Flag(name: .long, help: "Check all environments, as without a name.")
    var all = false

    @Flag(name: .long, help: "Repair what can be repaired without a decision.")
    var fix = false

    @OptionGroup var global: GlobalOptions

    var environmentName: EnvironmentName? { name }

    func validate() throws {
        if all, name != nil { throw ValidationError("--all and a NAME exclude each other.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        var names = [name].compactMap(\.self)
        if name == nil { names = try await repository.names() }
        var visits: [Visit] = []
        for name in names { visits.append(try await visit(name, repository, session)) }
        let files = Settings.current.files
        let report = Report(
            configuration: files, environments: visits, problems: visits.reduce(0) { $0 + $1.problems })
        let what = names.count == 1 ? "\(names[0])" : "\(names.count) environments"
        return Answer(
            visits.flatMap(\.lines) + (visits.isEmpty ? ["no environments in \(repository.location)"] : [])
                + files.map { "configuration \($0)" },
            json: report,
            failure: report.problems == 0
                ? nil
                : Failure(
                    .damaged, "problems", "\(report.problems) problem\(report.problems == 1 ? "" : "s") in \(what).",
                    next: visits.flatMap(\.findings).first { $0.severity == .problem }?.next))
    }

    private func visit(
        _ name: EnvironmentName, _ repository: any EnvironmentArchive, _ session: Session
    ) async throws -> Visit {
        let examination = Examination(
            name: name, repository: repository, providers: session.providers, invocation: session.invocation(name))
        let (standing, before) = await examination.diagnoses()
        if self.name != nil, case .nothing? = standing, try await !repository.isKnown(name) {
            throw try await session.notFound(name)
        }
        guard fix, before.contains(where: \.isRepairedByFix) else {
            return Visit(environment: name, findings: before, repaired: [])
        }
        do throws(RepositoryError) {
            if standing?.isRepairedByFix == true {
                try await repository.refreshCheckpoint(of: name)
            } else {
                await (try await repository.acquireLease(name, for: .save, run: CommandRun())).release()
            }
        } catch {
            // A damaged state keeps nobody from being told what else there is.
            EnvironmentLog.log(
                LogRecord(
                    level: .warning, message: "the lease that repairs could not be taken",
                    fields: ["environment_name": name.text, "reason": error.message]))
        }
        let after = await examination.diagnoses().found
        let left = Set(after.map(\.message))
        return Visit(
            environment: name, findings: after, repaired: before.filter { !left.contains($0.message) }.map(\.kind))
    }
}

private struct Report: Encodable, Sendable {
    /// The configuration files that were read.
    let configuration: [String]
    let environments: [Visit]
    let problems: Int
}
