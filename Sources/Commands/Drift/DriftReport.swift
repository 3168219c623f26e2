public import EnvironmentDomain

/// A report of the differences between what exists and what was made for an environment.
public struct DriftReport: Codable, Hashable, Sendable {
    /// The environment's name.
    public let environment: EnvironmentName
    /// The names of the checks that ran, in order.
    public let checks: [StepName]
    /// The differences, in the order of the checks.
    public let findings: [Finding]

    /// A difference that a check found.
    public struct Finding: Codable, Hashable, Sendable, CustomStringConvertible {
        /// The name of the check.
        public let check: StepName
        /// The subject, for example a resource's address, a host, or a playbook's step.
        public let subject: String
        /// A description of the difference, with names only and never a value.
        public let difference: String

        /// The subject and the difference.
        public var description: String { "\(subject): \(difference)" }
    }

    /// Whether any check found a difference.
    public var hasDrifted: Bool { !findings.isEmpty }
}
