/// The state in which a release is in place.
public struct Released: ReleaseBegunState, DestroyableState {
    public let instance: Instance

    public static let name = LifecycleState.released

    public static func erase(_ snapshot: EnvironmentSnapshot<Released>) -> AnyEnvironmentState {
        .released(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Released>? {
        if case .released(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Released {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
    }
}

extension Environment<Released> {
    /// Starts running the release, in the run that `command` identifies.
    public consuming func startRunning(_ command: CommandRun = CommandRun()) -> Environment<Running> {
        withState(Running(instance: state.instance, progress: StepProgress(command: command)))
    }
}
