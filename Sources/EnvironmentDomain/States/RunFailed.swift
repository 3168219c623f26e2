/// The state in which a step of running has failed.
public struct RunFailed: FailedState, RunBegunState, DestroyableState {
    public let failure: StepFailure
    public let instance: Instance
    public let progress: StepProgress

    public static let name = LifecycleState.runFailed

    public static func erase(_ snapshot: EnvironmentSnapshot<RunFailed>) -> AnyEnvironmentState {
        .runFailed(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<RunFailed>? {
        if case .runFailed(let snapshot) = erased { snapshot } else { nil }
    }
}

extension RunFailed {
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

extension Environment<RunFailed> {
    /// Resumes running at the step that failed, in the run that `command` identifies.
    public consuming func retryRunning(_ command: CommandRun = CommandRun()) -> Environment<Running> {
        withState(Running(instance: state.instance, progress: state.progress.continued(by: command)))
    }
}
