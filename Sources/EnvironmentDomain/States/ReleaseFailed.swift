/// The state in which a step of releasing has failed.
public struct ReleaseFailed: FailedState, ReleaseBegunState, DestroyableState {
    public let failure: StepFailure
    public let instance: Instance
    public let progress: StepProgress

    public static let name = LifecycleState.releaseFailed

    public static func erase(_ snapshot: EnvironmentSnapshot<ReleaseFailed>) -> AnyEnvironmentState {
        .releaseFailed(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<ReleaseFailed>? {
        if case .releaseFailed(let snapshot) = erased { snapshot } else { nil }
    }
}

extension ReleaseFailed {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(failure, as: "failure")
        try members.write(instance, as: "instance")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        failure = try members.required("failure")
        instance = try members.required("instance")
        progress = try members.required("progress")
    }
}

extension Environment<ReleaseFailed> {
    /// Resumes releasing at the step that failed, in the run that `command` identifies.
    public consuming func retryReleasing(_ command: CommandRun = CommandRun()) -> Environment<Releasing> {
        withState(Releasing(instance: state.instance, progress: state.progress.continued(by: command)))
    }
}
