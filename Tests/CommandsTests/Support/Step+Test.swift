import Commands
import EnvironmentDomain

extension Step {
    /// Creates a step that does nothing.
    init(_ name: StepName) { self.init(name) { _ in } }

    /// Returns the same step with other settings.
    func with(timeout: Duration? = nil, retry: RetryPolicy? = nil, isRepeatable: Bool? = nil) -> Step {
        Step(
            name, timeout: timeout ?? self.timeout, retry: retry ?? self.retry,
            isRepeatable: isRepeatable ?? self.isRepeatable
        ) { try await run($0) }
    }
}
