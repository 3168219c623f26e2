/// The state in which the release is being started, or runs once the progress is finished.
public struct Running: InProgressState, RunBegunState, DestroyableState {
    public let instance: Instance
    public var progress: StepProgress

    public static let name = LifecycleState.running

    public static func erase(_ snapshot: EnvironmentSnapshot<Running>) -> AnyEnvironmentState {
        .running(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Running>? {
        if case .running(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Running {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
        progress = try members.required("progress")
    }
}

extension Environment<Running> {
    /// Records that a step failed.
    public consuming func runFailed(_ failure: StepFailure) -> Environment<RunFailed> {
        withState(RunFailed(failure: failure, instance: state.instance, progress: state.progress.stopped()))
    }
}
