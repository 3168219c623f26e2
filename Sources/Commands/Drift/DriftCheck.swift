import EnvironmentDomain

/// One look at what was made; changes nothing of it and nothing that is stored.
protocol DriftCheck: Sendable {
    var name: StepName { get }
    /// Whether it takes a while and is done only when it is asked for.
    var isThorough: Bool { get }

    /// What differs.
    func findings(_ context: StepContext) async throws -> [DriftReport.Finding]
}

extension DriftCheck {
    var isThorough: Bool { false }
}
