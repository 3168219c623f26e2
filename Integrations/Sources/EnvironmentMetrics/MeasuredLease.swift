import EnvironmentDomain
import Synchronization

/// A wrapper of a lease that measures saves and derives transitions and steps from their events.
final class MeasuredLease: EnvironmentLease {
    private let inner: any EnvironmentLease
    private let metrics: RepositoryMetrics
    private let known = Mutex(Known())

    /// The start times that a later event needs.
    private struct Known {
        /// The time at which the environment entered its present state.
        var enteredAt: Timestamp?
        var step: (name: StepName, startedAt: ContinuousClock.Instant)?
    }

    init(_ inner: any EnvironmentLease, _ metrics: RepositoryMetrics) {
        self.inner = inner
        self.metrics = metrics
    }

    var name: EnvironmentName { inner.name }
    var stored: StoredEnvironment? { get async throws(RepositoryError) { try await inner.stored } }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        stepEnded(event)
        if case .transition = event.change, known.withLock({ $0.enteredAt == nil }) {
            // A damaged environment has no time, and the save throws for it.
            let before = try? await inner.stored
            known.withLock { $0.enteredAt = before?.stateEnteredAt }
        }
        let start = ContinuousClock.now
        do throws(RepositoryError) {
            let saved = try await inner.save(environment, event: event)
            metrics.saved(ContinuousClock.now - start)
            for made in (saved.line?.missed ?? []) + [event] { stateChanged(made) }
            if case .step(let step, .started) = event.change {
                known.withLock { $0.step = (step, .now) }
            }
            return saved
        } catch {
            metrics.saveFailed(ContinuousClock.now - start, cause: error.code)
            throw error
        }
    }

    /// Records the end of a step, whether or not the save that records it succeeds.
    private func stepEnded(_ event: HistoryEvent) {
        guard case .step(let step, let outcome) = event.change, outcome != .started else { return }
        let startedAt = known.withLock { known in
            defer { known.step = nil }
            return known.step?.name == step ? known.step?.startedAt : nil
        }
        // A stop between two steps interrupts a step that has not started.
        guard let startedAt else { return }
        metrics.stepEnded(step, of: event.command, outcome, after: ContinuousClock.now - startedAt)
    }

    private func stateChanged(_ event: HistoryEvent) {
        guard case .transition(let from, let to) = event.change, from != to else { return }
        let enteredAt = known.withLock { known in
            defer { known.enteredAt = event.at }
            return known.enteredAt
        }
        metrics.stateChanged(
            from: from, to: to, after: from == nil ? nil : enteredAt.map { max(event.at.since($0), .zero) })
    }

    func keepEmergencyRecord() async throws(RepositoryError) -> String? { try await inner.keepEmergencyRecord() }
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        await inner.note(command, run, step: step)
    }
    func delete() async throws(RepositoryError) { try await inner.delete() }
    func delete(evenIfDamaged: Bool) async throws(RepositoryError) {
        try await inner.delete(evenIfDamaged: evenIfDamaged)
    }
    func release() async { await inner.release() }
    func waitUntilLost() async { await inner.waitUntilLost() }
}

extension StoredEnvironment {
    /// The time at which the state was entered; `nil` when it is unknown.
    ///
    /// It is the time of the newest save if that was the transition to the state. Otherwise a command is running in the
    /// state, and the time is that of the command's start.
    fileprivate var stateEnteredAt: Timestamp? {
        // A freeze is saved as a transition to the same state.
        if case .transition(let from, let to) = line?.event.change, from != to { return line?.event.at }
        return document.context.destruction == nil ? document.progress?.startedAt : nil
    }
}
