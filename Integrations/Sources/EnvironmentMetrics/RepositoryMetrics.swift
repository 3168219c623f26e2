import CoreMetrics
import EnvironmentDomain
import Metrics

/// The metrics of a repository: their labels and dimensions.
struct RepositoryMetrics: Sendable {
    let factory: any MetricsFactory
    let dimensions: [(String, String)]

    enum Label: String, CaseIterable {
        case transitions = "environment_transitions"
        case stateDuration = "environment_state_duration"
        case stepDuration = "environment_step_duration"
        case saveDuration = "environment_save_duration"
        case saveFailures = "environment_save_failures"
        case lockWait = "environment_lock_wait"
    }

    func stateChanged(from: LifecycleState?, to: LifecycleState, after duration: Duration?) {
        let states = [("from", from?.rawValue ?? "none"), ("to", to.rawValue)]
        counter(.transitions, states).increment()
        if let duration { timer(.stateDuration, states).record(duration: duration) }
    }

    func stepEnded(_ step: StepName, of command: CommandName, _ outcome: StepEvent, after duration: Duration) {
        let dimensions = [("command", command.rawValue), ("step", step.text), ("outcome", outcome.rawValue)]
        timer(.stepDuration, dimensions).record(duration: duration)
    }

    func saved(_ duration: Duration) {
        timer(.saveDuration, [("outcome", "saved")]).record(duration: duration)
    }

    func saveFailed(_ duration: Duration, cause: RepositoryError.Code) {
        timer(.saveDuration, [("outcome", "failed")]).record(duration: duration)
        counter(.saveFailures, [("cause", cause.rawValue)]).increment()
    }

    func waitedForLock(_ duration: Duration, _ command: CommandName, outcome: String) {
        timer(.lockWait, [("command", command.rawValue), ("outcome", outcome)]).record(duration: duration)
    }

    private func counter(_ label: Label, _ own: [(String, String)]) -> Counter {
        Counter(label: label.rawValue, dimensions: own + dimensions, factory: factory)
    }

    private func timer(_ label: Label, _ own: [(String, String)]) -> Metrics.Timer {
        Timer(label: label.rawValue, dimensions: own + dimensions, factory: factory)
    }
}
