/// The state in which the instance is being configured.
public struct Configuring: InProgressState, ConfigureBegunState, DestroyableState {
    public let instance: Instance
    public var progress: StepProgress

    public static let name = LifecycleState.configuring

    public static func erase(_ snapshot: EnvironmentSnapshot<Configuring>) -> AnyEnvironmentState {
        .configuring(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Configuring>? {
        if case .configuring(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Configuring {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
        try members.write(progress, as: "progress")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
        progress = try members.required("progress")
    }
}

extension Environment<Configuring> {
    /// Records that the instance is configured.
    public consuming func configured() -> Environment<Configured> {
        withState(Configured(instance: state.instance))
    }

    /// Records that a step failed.
    public consuming func configureFailed(_ failure: StepFailure) -> Environment<ConfigureFailed> {
        withState(ConfigureFailed(failure: failure, instance: state.instance, progress: state.progress.stopped()))
    }
}
