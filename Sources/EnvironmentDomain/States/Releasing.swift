/// The state in which a release is being put into place.
public struct Releasing: InProgressState, ReleaseBegunState, DestroyableState {
    public let instance: Instance
    public var progress: StepProgress

    public static let name = LifecycleState.releasing

    public static func erase(_ snapshot: EnvironmentSnapshot<Releasing>) -> AnyEnvironmentState {
        .releasing(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Releasing>? {
        if case .releasing(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Releasing {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
        progress = try members.required("progress")
    }
}

extension Environment<Releasing> {
    /// Records that the release is in place.
    public consuming func released() -> Environment<Released> {
        withState(Released(instance: state.instance))
    }

    /// Records that a step failed.
    public consuming func releaseFailed(_ failure: StepFailure) -> Environment<ReleaseFailed> {
        withState(ReleaseFailed(failure: failure, instance: state.instance, progress: state.progress.stopped()))
    }
}
