public import EnvironmentDomain

/// A check that compares what exists with what was made, without changing either.
public struct DriftCheck: Sendable {
    /// The check's name, unique among the provider's checks.
    public let name: StepName
    /// Whether the check takes so long that it runs only on request.
    public let isThorough: Bool
    private let body: @Sendable (StepContext) async throws -> [Difference]

    /// A difference between what was made and what exists.
    public struct Difference: Hashable, Sendable {
        /// The subject, for example a resource's address, a host, or a playbook's step.
        public let subject: String
        /// A description of the difference, with names only and never a value.
        public let text: String

        /// Creates a difference.
        ///
        /// - Parameters:
        ///   - subject: The subject, for example a resource's address, a host, or a playbook's step.
        ///   - text: A description of the difference, with names only and never a value.
        public init(_ subject: String, _ text: String) {
            self.subject = subject
            self.text = text
        }
    }

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - name: The check's name, unique among the provider's checks.
    ///   - isThorough: Whether the check takes so long that it runs only on request.
    ///   - body: Returns the differences. The context is that of a step with the check's name and a log of its own.
    public init(
        _ name: StepName, isThorough: Bool = false,
        body: @escaping @Sendable (_ step: StepContext) async throws -> [Difference]
    ) {
        self.name = name
        self.isThorough = isThorough
        self.body = body
    }

    func findings(_ context: StepContext) async throws -> [DriftReport.Finding] {
        try await body(context).map { DriftReport.Finding(check: name, subject: $0.subject, difference: $0.text) }
    }
}
