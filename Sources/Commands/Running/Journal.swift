import EnvironmentDomain

/// Saves what a command does, by one rule: no step starts unless the save that records its intent is durable; what is done is
/// recorded as well as can be, and a gap is repaired by the next save, which carries everything.
final class Journal {
    let command: CommandName
    let run: CommandRun
    let lease: any EnvironmentLease
    private let progress: ProgressFeed?
    let lineage: Lineage?
    /// Why the command runs, for the history; `nil` where the command says enough.
    var reason: String?
    /// What is certainly stored.
    private(set) var lastDurable: AnyEnvironmentState?
    /// The newest save that failed and has not been made good by a later one.
    private(set) var failedSave: RepositoryError?
    private(set) var emergencyRecord: String?
    /// Why the newest state that could not be saved could not be kept in an emergency record either.
    private(set) var failedRecord: RepositoryError?
    private(set) var steps: [StepReport] = []
    /// Whether a step was started, so that what is known now must not be lost.
    private var hasActed = false

    init(command: CommandName, run: CommandRun, lease: any EnvironmentLease, options: CommandOptions) async {
        self.command = command
        self.run = run
        self.lease = lease
        progress = options.progress
        let stored = try? await lease.stored
        lineage = stored?.lineage
        lastDurable = stored?.document
    }

    /// Saves what is about to be done.
    ///
    /// - Throws: ``CommandError`` when the save is not durable; then it must not be done.
    func recordIntent(_ environment: AnyEnvironmentState, _ change: HistoryEvent.Change) async throws(CommandError) {
        await save(environment, change)
        if let failedSave { throw saveFailed(failedSave) }
        if case .step = change { hasActed = true }
    }

    /// Saves what was done.
    ///
    /// A failure is logged, and the state is kept in an emergency record until a save succeeds.
    func record(_ environment: AnyEnvironmentState, _ change: HistoryEvent.Change) async {
        await save(environment, change)
    }

    func note(step: StepName?) async {
        await lease.note(command, run, step: step)
    }

    func report(_ step: StepReport) {
        steps.append(step)
        progress?.report(.stepEnded(step))
    }

    /// The error of a command whose last save did not succeed.
    func saveFailed(_ cause: RepositoryError) -> CommandError {
        var error = CommandError(.saveFailed, cause.message + recordAdvice)
        error.step = steps.last?.name
        return complete(error)
    }

    /// Adds what the command has come to.
    func complete(_ error: CommandError) -> CommandError {
        var error = error
        error.failedSave = error.failedSave ?? failedSave
        error.emergencyRecord = emergencyRecord
        error.failedRecord = failedRecord
        error.lastDurable = lastDurable
        error.next = lastDurable?.nextCommand
        error.steps = steps
        return error
    }

    /// The serial of the next save.
    var nextSerial: Int {
        get async { ((try? await lease.stored)?.serial ?? 0) + 1 }
    }

    /// How to apply what could not be saved.
    var recordAdvice: String {
        if let failedRecord { return " " + failedRecord.message }
        return emergencyRecord.map { " What was done last is kept in \($0); recover it from there." } ?? ""
    }

    private func save(_ environment: AnyEnvironmentState, _ change: HistoryEvent.Change) async {
        let event = HistoryEvent(command: command, commandID: run.id, change: change, reason: reason)
        do {
            lastDurable = try await lease.save(environment, event: event).document
            failedSave = nil
            emergencyRecord = nil
            failedRecord = nil
        } catch {
            failedSave = error
            EnvironmentLog.log(
                .warning, "a state could not be saved",
                [
                    "environment_name": environment.name.text, "state": environment.state.rawValue,
                    "reason": error.description,
                ])
            if hasActed { await keepEmergencyRecord() }
        }
        if case .transition(let from, let to) = change { progress?.report(.stateChanged(from: from, to: to)) }
    }

    private func keepEmergencyRecord() async {
        do {
            emergencyRecord = try await lease.keepEmergencyRecord()
            failedRecord = nil
        } catch {
            failedRecord = error
            EnvironmentLog.log(.error, "the emergency record could not be written", ["reason": error.description])
        }
    }
}
