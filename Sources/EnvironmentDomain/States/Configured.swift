/// The state in which the instance is configured.
public struct Configured: ConfigureBegunState, DestroyableState {
    public let instance: Instance

    public static let name = LifecycleState.configured

    public static func erase(_ snapshot: EnvironmentSnapshot<Configured>) -> AnyEnvironmentState {
        .configured(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Configured>? {
        if case .configured(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Configured {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
    }
}

extension Environment<Configured> {
    /// Starts releasing, in the run that `command` identifies.
    public consuming func startReleasing(_ command: CommandRun = CommandRun()) -> Environment<Releasing> {
        withState(Releasing(instance: state.instance, progress: StepProgress(command: command)))
    }
}
