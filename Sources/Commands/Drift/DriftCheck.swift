public import EnvironmentDomain

/// One comparison of what exists with what was made; it changes neither that nor what is stored.
public struct DriftCheck: Sendable {
    /// The check's name, unique among the provider's checks.
    public let name: StepName
    /// Whether the check takes a while and is run only when it is asked for.
    public let isThorough: Bool
    private let body: @Sendable (StepContext) async throws -> [Difference]

    /// Something that is not as it was made.
    public struct Difference: Hashable, Sendable {
        /// A resource's address, a host, a playbook's step.
        public let subject: String
        /// What differs, in words; names only, never a value.
        public let text: String

        /// Creates a difference.
        ///
        /// - Parameters:
        ///   - subject: A resource's address, a host, a playbook's step.
        ///   - text: What differs, in words; names only, never a value.
        public init(_ subject: String, _ text: String) {
            self.subject = subject
            self.text = text
        }
    }

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - name: The check's name, unique among the provider's checks.
    ///   - isThorough: Whether the check takes a while and is run only when it is asked for.
    ///   - body: Returns what differs. Its context is that of a step; what it logs is in a log of its own.
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
