/// The state in which the environment is described and nothing has been provisioned.
public struct Created: DestroyableState {
    public static let name = LifecycleState.created

    public static func erase(_ snapshot: EnvironmentSnapshot<Created>) -> AnyEnvironmentState {
        .created(snapshot)
    }

    public static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Created>? {
        if case .created(let snapshot) = erased { snapshot } else { nil }
    }
}

extension Created {
    public func store(in members: StoredMemberWriter) {}
    public init(stored members: StoredMemberReader) {}
}

extension Environment<Created> {
    /// Starts provisioning, in the run that `command` identifies.
    public consuming func startProvisioning(_ command: CommandRun = CommandRun()) -> Environment<Provisioning> {
        withState(Provisioning(progress: StepProgress(command: command)))
    }
}
