/// The state in which the instance exists and answers.
public struct Provisioned: ProvisionedState, ProvisionBegunState, DestroyableState {
    public let instance: Instance

    public static let name = LifecycleState.provisioned

    public static func erase(_ snapshot: EnvironmentSnapshot<Provisioned>) -> AnyEnvironmentState {
        .provisioned(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Provisioned>? {
        if case .provisioned(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Provisioned {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(instance, as: "instance")
    }

    public init(stored members: StoredMemberReader) throws {
        instance = try members.required("instance")
    }
}

extension Environment<Provisioned> {
    /// Starts configuring, in the run that `command` identifies.
    public consuming func startConfiguring(_ command: CommandRun = CommandRun()) -> Environment<Configuring> {
        withState(Configuring(instance: state.instance, progress: StepProgress(command: command)))
    }
}
