import CommandLineProgram
import Commands
import EnvironmentDomain
import Persistence

/// One call of the program, from its arguments to its standard output.
struct Session {
    private let arguments: Arguments
    private let name: EnvironmentName
    private let repository: FileEnvironmentRepository
    private let session: EnvironmentSession

    init(_ arguments: Arguments, progress: ProgressFeed, interruption: Interruption) throws {
        self.arguments = arguments
        name = try EnvironmentName(arguments.name)
        repository = try FileEnvironmentRepository(
            dataFolder: arguments.dataFolder ?? "data", lockTimeout: arguments.lockTimeout,
            emergencyFolder: arguments.emergencyFolder)
        session = EnvironmentSession(
            name, in: repository,
            options: CommandOptions(progress: progress, interruption: interruption, rerun: arguments.rerun),
            choice: try arguments.choice(), login: arguments.login, invocations: arguments)
    }

    func run() async throws -> EnvironmentReport {
        switch arguments.action {
        case .status: return try await status()
        case .purge: return EnvironmentReport(purged: try await session.purge(), in: session)
        case .recover:
            if arguments.declines { return try await session.decline(arguments.record) }
            var report = EnvironmentReport(
                try await session.recover(arguments.record), "the record is applied", in: session)
            report.changed = true
            return report
        case .validate:
            let (stored, drift) = try await session.validate(isThorough: arguments.checksPlaybooks)
            return EnvironmentReport(drift, stored, in: session)
        case .destroy:
            return EnvironmentReport(try await session.destroy(isDryRun: arguments.isDryRun), in: session)
        case .rollback:
            return EnvironmentReport(
                try await session.rollback(to: arguments.release, isDryRun: arguments.isDryRun), in: session)
        case .deploy, .help, .version:
            return EnvironmentReport(
                try await session.deploy(until: arguments.goal, arguments.deployment, isDryRun: arguments.isDryRun),
                in: session)
        }
    }

    private func status() async throws -> EnvironmentReport {
        guard let stored = try await repository.load(name) else { throw await session.notFound() }
        let environment = stored.document
        var report = EnvironmentReport(stored, in: session)
        report.progress = environment.progress
        report.failure = environment.failure
        report.holder = try await repository.holder(of: name)
        if let record = try await repository.emergencyRecord(of: name) {
            report.emergencyRecord = record
            report.next = arguments.recover(record)
        }
        let processes = report.holder == nil ? StepProcess.atWork(in: repository.workspace(for: name)) : []
        // A running command or process must end before another command can begin.
        if report.holder != nil || !processes.isEmpty { report.next = nil }
        let isInterrupted = environment.unfinishedCommand != nil && environment.failure == nil && report.holder == nil
        report.lines =
            [environment.description + (isInterrupted ? " (interrupted)" : "")]
            + EnvironmentReport.details(stored, in: session)
        if let progress = environment.progress, environment.unfinishedCommand != nil {
            let completed = progress.completed.map(\.name.text).joined(separator: ", ")
            report.lines.append("  completed  \(completed.isEmpty ? "no step" : completed)")
            if let current = progress.current {
                let word = report.holder == nil ? "stopped in" : "running   "
                report.lines.append(
                    "  \(word) \(current.name), started \(current.startedAt), attempt \(current.attempt)")
            }
        }
        if let failure = environment.failure {
            let log = environment.progress.flatMap {
                try? StepLogFile.find(
                    of: failure.failedStep, run: $0.commandID, in: repository.workspace(for: name))
            }
            let last = (log?.lastLine).map { ": \($0)" } ?? ""
            report.lines.append("  failed     \(failure.failedStep): \(failure.summary)\(last)")
            if let trace = failure.traceFile { report.lines.append("  trace      \(trace)") }
            report.lines += failure.actions.map { "  to do      \($0)" }
        }
        if let freeze = environment.context.freeze, freeze.holds() { report.lines.append("  frozen     \(freeze)") }
        if !processes.isEmpty {
            report.lines += processes.map { "  at work    \($0); wait until it ends, or stop it with: kill \($0.pid)" }
        }
        if let record = report.emergencyRecord {
            report.lines.append("  record     \(record) is newer than what is stored")
        }
        if let holder = report.holder {
            report.lines.append("  held by    \(holder)")
        } else if let next = report.next {
            report.lines.append("  next       \(next)")
        }
        return report
    }
}
