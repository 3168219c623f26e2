/// The state in which a step of configuring has failed.
public struct ConfigureFailed: FailedState, ConfigureBegunState, DestroyableState {
    public let failure: StepFailure
    public let instance: Instance
    public let progress: StepProgress

    public static let name = LifecycleState.configureFailed

    public static func erase(_ snapshot: EnvironmentSnapshot<ConfigureFailed>) -> AnyEnvironmentState {
        .configureFailed(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<ConfigureFailed>? {
        if case .configureFailed(let snapshot) = erased { snapshot } else { nil }
    }
}

extension ConfigureFailed {
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

extension Environment<ConfigureFailed> {
    /// Resumes configuring at the step that failed, in the run that `command` identifies.
    public consuming func retryConfiguring(_ command: CommandRun = CommandRun()) -> Environment<Configuring> {
        withState(Configuring(instance: state.instance, progress: state.progress.continued(by: command)))
    }
}
