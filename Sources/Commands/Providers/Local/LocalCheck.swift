import EnvironmentDomain

extension DriftCheck {
    /// A check that compares the instance's folder with what was written there, and checks that the service runs.
    static let localInstance = DriftCheck("local_instance") { step in
        let instance = LocalInstance(step.workspace)
        return try instance.differences(step).map { difference in
            step.log(difference)
            return Difference(instance.path, difference)
        }
    }
}
