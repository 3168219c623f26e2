import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Doctor: SeveralCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is damaged, left over or unfinished, and how to repair it.",
        usage: "\(Tool.name) doctor [<name> ...] [--fix] [<options>]",
        discussion: """
            Checks modes, checksums, the history's chain, left-overs of killed commands, interrupted runs, orphaned \
            processes, emergency records, keys, disk space and the kind of file system. --fix repairs what can be repaired \
            without a decision, and writes a state.json that was edited or replaced again from the log; the old one is \
            kept under another name. What is stored is never replaced. The exit code is 65 when a problem is left.

            \(Examples(["doctor", "doctor web", "doctor web --fix"]))
            """)

    @OptionGroup var names: NamesOptions

    @Flag(name: .long, help: "Repair what can be repaired without a decision.")
    var fix = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let isAboutAll = self.names.names.isEmpty
        let names = isAboutAll ? try await repository.names() : try await self.names.resolved(in: repository)
        var visits: [Visit] = []
        var missing: [Failure] = []
        for name in names {
            do {
                visits.append(try await visit(name, repository, session))
            } catch let failure as Failure where names.count > 1 {
                missing.append(failure)
            }
        }
        let files = Settings.current.files
        let report = Report(
            configuration: files, environments: visits, problems: visits.reduce(0) { $0 + $1.problems })
        let what = names.count == 1 ? "\(names[0])" : "\(names.count) environments"
        return Answer(
            visits.flatMap { $0.lines(isAlone: names.count == 1) }
                + (visits.isEmpty ? ["no environments in \(repository.location)"] : [])
                + files.map { "configuration \($0)" },
            json: report,
            failures: missing
                + (report.problems == 0
                    ? []
                    : [
                        Failure(
                            .damaged, "problems",
                            "\(report.problems) problem\(report.problems == 1 ? "" : "s") in \(what).",
                            next: visits.flatMap(\.findings).first { $0.severity == .problem }?.next)
                    ]))
    }

    private func visit(
        _ name: EnvironmentName, _ repository: any EnvironmentArchive, _ session: Session
    ) async throws -> Visit {
        let examination = Examination(
            name: name, repository: repository, providers: session.providers, invocation: session.invocation(name))
        let (standing, before) = await examination.diagnoses()
        if !names.names.isEmpty, case .nothing? = standing, try await !repository.isKnown(name) {
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
