import CommandLineProgram
import Commands
import EnvironmentDomain
import EnvironmentPage
import JSONText
import Persistence

/// Reads what the page shows of one environment; what cannot be read is noted and never thrown.
struct EnvironmentReading {
    let name: EnvironmentName
    let repository: any EnvironmentArchive
    let providers: Providers
    let invocation: Invocation
    /// The number of runs that are shown.
    let runs: Int

    private var workspace: Workspace { repository.workspace(for: name) }

    /// Reads the environment.
    ///
    /// - Returns: `nil` when nothing is stored under the name.
    func environment() async -> ReportedEnvironment? {
        var holder: LeaseHolder?
        var standing: EnvironmentStanding
        do throws(RepositoryError) {
            standing = try await repository.standing(of: name)
            if standing.stored != nil { holder = try await repository.holder(of: name) }
        } catch {
            standing = .damaged(error)
        }
        if case .nothing = standing { return nil }
        var environment = ReportedEnvironment(name: name, standing: standing)
        environment.folder = workspace.root.text
        environment.wholeHistory = invocation.line("history")
        environment.next = invocation.line("doctor")
        if let stored = standing.stored {
            let wayOut = WayOut(name: name, repository: repository, providers: providers, invocation: invocation)
            let overview = Overview(
                stored, holder: holder, providers, doubt: standing.error, in: workspace,
                next: await wayOut.next(from: standing, isHeld: holder != nil))
            environment.holder = holder
            environment.holderCondition = holder?.condition.rawValue
            environment.since = overview.since
            environment.isInterrupted = overview.isInterrupted
            environment.next = overview.next
            addFailure(of: stored.document, to: &environment)
        }
        await addPast(to: &environment)
        return environment
    }

    // MARK: The past

    private func addPast(to environment: inout ReportedEnvironment) async {
        do {
            guard let lines = try await repository.historyLines(of: name) else { return }
            var history = RunHistory(lines)
            let shown = history.runs.suffix(runs)
            let before = shown.last.map { $0.firstSerial - 1 }
            let states = try await repository.states(
                of: name, at: Set(shown.compactMap(\.progressSerial) + [before].compactMap(\.self)))
            for run in shown {
                if let state = run.progressSerial.flatMap({ states[$0] }) { history.add(state.document) }
            }
            environment.history = history
            environment.changes = try await changes(
                by: shown.last, from: before.flatMap { states[$0] }, environment.standing.stored)
        } catch {
            environment.complaints.append("The history cannot be read: \(Self.reason(error))")
        }
    }

    /// What differs between the state before a run and the newest one.
    private func changes(
        by run: RecordedRun?, from kept: StoredEnvironment?, _ newest: StoredEnvironment?
    ) async throws -> StateChanges? {
        guard let run, let newest, run.firstSerial > 1 else { return nil }
        var before = kept
        if before == nil, let serial = try await repository.states(of: name).last(where: { $0 < run.firstSerial }) {
            before = try await repository.state(of: name, at: serial)
        }
        guard let before else { return nil }
        let difference = try Difference(from: before, to: newest)
        return StateChanges(
            from: difference.from, to: difference.to,
            members: try difference.changes.map { change in
                StateChanges.Member(
                    path: change.member, before: try change.from.map(Self.text), after: try change.to.map(Self.text))
            })
    }

    private static func text(_ value: JSONValue) throws -> String {
        String(decoding: try value.text(.sortedNames), as: UTF8.self)
    }

    // MARK: The failure

    private func addFailure(of document: AnyEnvironmentState, to environment: inout ReportedEnvironment) {
        if let failure = document.failure {
            environment.advice = failure.actions.map(\.description)
            if let trace = failure.traceFile?.text {
                environment.trace = read(trace, &environment.complaints) { try TextFile.lines(trace) }
            }
        }
        guard document.unfinishedCommand != nil, let progress = document.progress,
            let step = document.failure?.failedStep ?? progress.current?.name,
            let log = log(of: step, in: progress.commandID, &environment.complaints)
        else { return }
        environment.log = read(log.path, &environment.complaints) { try log.lines(last: EnvironmentPage.logLines) }
    }

    /// A step's log; `nil` when it is not on this machine.
    private func log(of step: StepName, in run: CommandID, _ complaints: inout [String]) -> StepLogFile? {
        do {
            return try StepLogFile.find(of: step, run: run, in: workspace)
        } catch {
            complaints.append("The logs in \(workspace.logs)/\(run) cannot be listed: \(Self.reason(error))")
            return nil
        }
    }

    /// Reads lines; why they cannot be read is added to the complaints.
    private func read(_ path: String, _ complaints: inout [String], _ lines: () throws -> [String]?) -> Excerpt? {
        do {
            return Excerpt(path: path, lines: try lines())
        } catch {
            complaints.append("\(path) cannot be read: \(Self.reason(error))")
            return nil
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? RepositoryError)?.message ?? (error as? Failure)?.message ?? "\(error)"
    }
}
