public import EnvironmentDomain

/// One named piece of a command's work.
///
/// A step may be run again after it was interrupted or failed, so it should be idempotent; a step that is not says so
/// with ``isRepeatable``. It ends soon after its task is cancelled. It throws a ``StepError`` to choose the kind and the
/// summary that people see; any other error gets the kind `error`.
///
/// A kind of step of your own is a static function that returns a `Step`, as ``shell(_:_:timeout:retry:isRepeatable:inheriting:folder:)`` is.
public struct Step: Sendable {
    /// The step's name, unique among the steps of its phase.
    public let name: StepName
    /// How long one attempt may take.
    public let timeout: Duration
    /// How often the step is tried again after a failure, and after which pauses.
    public let retry: RetryPolicy
    /// Whether the step may run again after an interruption; `false` for one that then needs confirmation.
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
    ///   - timeout: How long one attempt may take.
    ///   - retry: How often the step is tried again after a failure, and after which pauses.
    ///   - isRepeatable: Whether the step may run again after an interruption without confirmation.
    ///   - body: Does the work.
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

    /// Does the work once, without a timeout and without retries.
    ///
    /// - Parameter context: What the step knows, for example that of a test
    ///   (``StepContext/testing(_:environment:outputs:parameters:phase:attempt:folder:options:)``).
    /// - Throws: Whatever the step throws.
    public func run(_ context: StepContext) async throws { try await body(context) }
}
