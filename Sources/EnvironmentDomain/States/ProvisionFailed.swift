/// The state in which a step of provisioning has failed.
public struct ProvisionFailed: FailedState, ProvisionBegunState, DestroyableState {
    public let failure: StepFailure
    public let progress: StepProgress

    public static let name = LifecycleState.provisionFailed

    public static func erase(_ snapshot: EnvironmentSnapshot<ProvisionFailed>) -> AnyEnvironmentState {
        .provisionFailed(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<ProvisionFailed>? {
        if case .provisionFailed(let snapshot) = erased { snapshot } else { nil }
    }
}

extension ProvisionFailed {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(failure, as: "failure")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        failure = try members.required("failure")
        progress = try members.required("progress")
    }
}

extension Environment<ProvisionFailed> {
    /// Resumes provisioning at the step that failed, in the run that `command` identifies.
    public consuming func retryProvisioning(_ command: CommandRun = CommandRun()) -> Environment<Provisioning> {
        withState(Provisioning(progress: state.progress.continued(by: command)))
    }
}
