/// The state in which the instance is being made.
public struct Provisioning: InProgressState, ProvisionBegunState, DestroyableState {
    public var progress: StepProgress

    public static let name = LifecycleState.provisioning

    public static func erase(_ snapshot: EnvironmentSnapshot<Provisioning>) -> AnyEnvironmentState {
        .provisioning(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Provisioning>? {
        if case .provisioning(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Provisioning {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        progress = try members.required("progress")
    }
}

extension Environment<Provisioning> {
    /// Records that the instance exists and answers.
    public consuming func provisioned(_ instance: Instance) -> Environment<Provisioned> {
        withState(Provisioned(instance: instance))
    }

    /// Records that a step failed.
    public consuming func provisionFailed(_ failure: StepFailure) -> Environment<ProvisionFailed> {
        withState(ProvisionFailed(failure: failure, progress: state.progress.stopped()))
    }
}
