import EnvironmentDomain

extension DriftCheck {
    /// Compares the local provider's folder with what was put there, and checks that the service that was started runs.
    static let localInstance = DriftCheck("local_instance") { step in
        let instance = LocalInstance(step.workspace)
        return try instance.differences(step).map { difference in
            step.log(difference)
            return Difference(instance.path, difference)
        }
    }
}
