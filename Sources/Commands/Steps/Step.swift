public import EnvironmentDomain

/// A named part of a command's work.
///
/// A step may run again after it failed or was interrupted, so it should be idempotent. Set ``isRepeatable`` to `false`
/// for a step that is not. A step must end soon after its task is cancelled. Throw a ``StepError`` to choose the kind
/// and the summary that people see; any other error gets the kind `error`.
///
/// To define your own kind of step, write a static function that returns a `Step`, such as
/// ``shell(_:_:timeout:retry:isRepeatable:inheriting:folder:)``.
public struct Step: Sendable {
    /// The step's name, unique among the steps of its phase.
    public let name: StepName
    /// The longest time that one attempt may take.
    public let timeout: Duration
    /// The policy for retrying the step after a failure.
    public let retry: RetryPolicy
    /// Whether the step may run again after an interruption without confirmation.
    public let isRepeatable: Bool
    /// The checksum of what the step does, for a step that is made from a text; `nil` for one that has none.
    ///
    /// It is stored when the step is complete. A phase that ends after one of its completed steps was changed counts as
    /// changed.
    public var digest: Checksum?
    private let body: @Sendable (StepContext) async throws -> Void

    /// Creates a step.
    ///
    /// - Parameters:
    ///   - name: The step's name, unique among the steps of its phase.
    ///   - timeout: The longest time that one attempt may take.
    ///   - retry: The policy for retrying the step after a failure.
    ///   - isRepeatable: Whether the step may run again after an interruption without confirmation.
    ///   - body: Does the step's work.
    public init(
        _ name: StepName, timeout: Duration = .seconds(600), retry: RetryPolicy = .never, isRepeatable: Bool = true,
        body: @escaping @Sendable (_ step: StepContext) async throws -> Void
    ) {
        self.name = name
        self.timeout = timeout
        self.retry = retry
        self.isRepeatable = isRepeatable
        self.body = body
    }

    /// Runs the step once, without a timeout and without retries.
    ///
    /// - Parameter context: The step's context, for example one for a test
    ///   (``StepContext/testing(_:environment:outputs:parameters:phase:attempt:folder:options:)``).
    /// - Throws: The error of the step.
    public func run(_ context: StepContext) async throws { try await body(context) }
}
