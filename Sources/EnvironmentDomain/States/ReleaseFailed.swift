/// A step of releasing failed.
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

extension Environment<ReleaseFailed> {
    /// Begins again at the step that failed.
    public consuming func retryReleasing(_ command: CommandRun = CommandRun()) -> Environment<Releasing> {
        withState(Releasing(instance: state.instance, progress: state.progress.continued(by: command)))
    }
}
