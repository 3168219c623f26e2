public import EnvironmentDomain

/// What differs, in the world, from what was made of an environment.
public struct DriftReport: Codable, Hashable, Sendable {
    /// The environment's name.
    public let environment: EnvironmentName
    /// What was inspected, in this order.
    public let checks: [StepName]
    /// What differs, in the order of the checks.
    public let findings: [Finding]

    /// One thing that differs.
    public struct Finding: Codable, Hashable, Sendable, CustomStringConvertible {
        /// What was inspected.
        public let check: StepName
        /// A resource's address, a host, a playbook's step.
        public let subject: String
        /// What differs, in words; names only, never a value.
        public let difference: String

        /// The subject and the difference.
        public var description: String { "\(subject): \(difference)" }
    }

    /// Whether anything differs.
    public var hasDrifted: Bool { !findings.isEmpty }
}
