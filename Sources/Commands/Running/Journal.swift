import EnvironmentDomain

/// The record of a command's run in the repository, kept under one rule: no step starts before the save that records
/// its intent is durable.
///
/// A failed save of something that is done does not stop the command, because the next save contains everything.
final class Journal {
    let command: CommandName
    let run: CommandRun
    let lease: any EnvironmentLease
    private let progress: ProgressFeed?
    let lineage: Lineage?
    /// The reason for the run in the history; `nil` for none.
    var reason: String?
    /// The last state that is known to be stored; `nil` when none is known.
    private(set) var lastDurable: AnyEnvironmentState?
    /// The error of the newest save, if it failed.
    private(set) var failedSave: RepositoryError?
    private(set) var emergencyRecord: String?
    /// The error of the newest emergency record, if it could not be written.
    private(set) var failedRecord: RepositoryError?
    private(set) var steps: [StepReport] = []
    /// Whether a step was started, so that its result must not be lost.
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

    /// Records the intent of a change.
    ///
    /// - Throws: ``CommandError`` when the save is not durable; the change must not be made then.
    func recordIntent(_ environment: AnyEnvironmentState, _ change: HistoryEvent.Change) async throws(CommandError) {
        await save(environment, change)
        if let failedSave { throw saveFailed(failedSave) }
        if case .step = change { hasActed = true }
    }

    /// Records a change that was made.
    ///
    /// A failed save is logged. Once a step was started, the state is also written to an emergency record.
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

    /// Returns the error of a command whose last save failed.
    func saveFailed(_ cause: RepositoryError) -> CommandError {
        var error = CommandError(.saveFailed, cause.message + recordAdvice)
        error.step = steps.last?.name
        return complete(error)
    }

    /// Returns an error with the state of this run added: failed save, emergency record, last stored state and steps.
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

    /// The serial that the next save will have.
    var nextSerial: Int {
        get async { ((try? await lease.stored)?.serial ?? 0) + 1 }
    }

    /// The sentence about the emergency record or its failure, with a leading space; empty when there is neither.
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
