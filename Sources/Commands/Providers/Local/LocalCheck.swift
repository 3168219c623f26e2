import EnvironmentDomain

/// Looks whether the local provider's folder holds what was put there, and whether the service that was started runs.
struct LocalCheck: DriftCheck {
    let name = StepName("local_instance")

    func findings(_ context: StepContext) async throws -> [DriftReport.Finding] {
        let instance = LocalInstance(context.workspace)
        return try instance.differences(context).map { difference in
            context.log(difference)
            return DriftReport.Finding(check: name, subject: instance.path, difference: difference)
        }
    }
}
