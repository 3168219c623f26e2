/// An environment in any state: the form in which environments of all states are stored together.
///
/// Its JSON is an object with one member, the state's type name: `{"Provisioned": {"name": "my-env", …, "state": {…}}}`.
public enum AnyEnvironmentState: Hashable, Sendable {
    case created(EnvironmentSnapshot<Created>)
    case provisioning(EnvironmentSnapshot<Provisioning>)
    case provisioned(EnvironmentSnapshot<Provisioned>)
    case provisionFailed(EnvironmentSnapshot<ProvisionFailed>)
    case configuring(EnvironmentSnapshot<Configuring>)
    case configured(EnvironmentSnapshot<Configured>)
    case configureFailed(EnvironmentSnapshot<ConfigureFailed>)
    case releasing(EnvironmentSnapshot<Releasing>)
    case released(EnvironmentSnapshot<Released>)
    case releaseFailed(EnvironmentSnapshot<ReleaseFailed>)
    case running(EnvironmentSnapshot<Running>)
    case runFailed(EnvironmentSnapshot<RunFailed>)
    case destroyed(EnvironmentSnapshot<Destroyed>)

    /// The parts that all cases have; the one switch that the questions below share.
    private var parts: (context: EnvironmentContext, state: any EnvironmentState) {
        switch self {
        case .created(let snapshot): (snapshot.context, snapshot.state)
        case .provisioning(let snapshot): (snapshot.context, snapshot.state)
        case .provisioned(let snapshot): (snapshot.context, snapshot.state)
        case .provisionFailed(let snapshot): (snapshot.context, snapshot.state)
        case .configuring(let snapshot): (snapshot.context, snapshot.state)
        case .configured(let snapshot): (snapshot.context, snapshot.state)
        case .configureFailed(let snapshot): (snapshot.context, snapshot.state)
        case .releasing(let snapshot): (snapshot.context, snapshot.state)
        case .released(let snapshot): (snapshot.context, snapshot.state)
        case .releaseFailed(let snapshot): (snapshot.context, snapshot.state)
        case .running(let snapshot): (snapshot.context, snapshot.state)
        case .runFailed(let snapshot): (snapshot.context, snapshot.state)
        case .destroyed(let snapshot): (snapshot.context, snapshot.state)
        }
    }

    /// What the environment is, whatever its state.
    public var context: EnvironmentContext { parts.context }
    package var payload: any EnvironmentState { parts.state }
    /// The environment's name.
    public var name: EnvironmentName { context.name }
    /// The name of the state.
    public var state: LifecycleState { type(of: parts.state).name }
    public var isSuccessState: Bool { state.isSuccess }
    public var isErrorState: Bool { state.isError }
    public var isTerminalState: Bool { state.isTerminal }
    /// What went wrong, in a failed state or a failed destroy.
    public var failure: StepFailure? {
        if let destruction = context.destruction { return destruction.failure }
        return (parts.state as? any FailedState)?.failure
    }
    /// How far the unfinished command has come: a destroy's progress before the state's own.
    public var progress: StepProgress? {
        if let destruction = context.destruction { return destruction.progress }
        let state = parts.state
        return (state as? any InProgressState)?.progress ?? (state as? any FailedState)?.progress
    }
    /// The instance; nil before it is made and after it is destroyed.
    public var instance: Instance? { (parts.state as? any ProvisionedState)?.instance }

    /// The same state of an environment that is otherwise described.
    package func with(_ context: EnvironmentContext) -> AnyEnvironmentState {
        func erase<State: EnvironmentState>(_ state: State) -> AnyEnvironmentState {
            EnvironmentSnapshot(context: context, state: state).erased
        }
        return erase(payload)
    }

    /// The command that has been begun and not ended well: interrupted, failed, or at work.
    public var unfinishedCommand: CommandName? {
        if context.destruction != nil { return .destroy }
        let state = parts.state
        if let inProgress = state as? any InProgressState {
            return inProgress.progress.finishedAt == nil ? type(of: state).name.command : nil
        }
        return state is any FailedState ? type(of: state).name.command : nil
    }

    /// The command that leads on from here; nil when the last one is done and when the environment is destroyed.
    public var nextCommand: CommandName? {
        if let unfinishedCommand { return unfinishedCommand }
        return state == .running ? nil : state.command
    }

    /// Gives back a handle that can be used, when the environment is in the state that is asked for.
    ///
    /// - Throws: ``UnexpectedState`` with the expected and the actual state.
    public func environment<State: EnvironmentState>(
        as type: State.Type = State.self
    ) throws(UnexpectedState) -> Environment<State> {
        guard let snapshot = State.unerase(self) else {
            throw UnexpectedState(expected: State.name, actual: state)
        }
        return Environment(snapshot)
    }
}

/// An environment in another state than the one that was asked for.
public struct UnexpectedState: Error, Hashable, Sendable, CustomStringConvertible {
    public let expected: LifecycleState
    public let actual: LifecycleState

    public var description: String { "Expected state '\(expected)', but found '\(actual)'" }
}

extension AnyEnvironmentState: CustomStringConvertible {
    public var description: String {
        let text = "Environment '\(name)' is in state: \(state)"
        return failure.map { "\(text) (failed at: \($0.failedStep))" } ?? text
    }
}

extension AnyEnvironmentState: StoredForm {
    /// One type for each state, by its key in a document: the other direction of ``EnvironmentState/name``.
    private static let types: [String: any EnvironmentState.Type] = {
        let types: [any EnvironmentState.Type] = [
            Created.self, Provisioning.self, Provisioned.self, ProvisionFailed.self, Configuring.self,
            Configured.self, ConfigureFailed.self, Releasing.self, Released.self, ReleaseFailed.self, Running.self,
            RunFailed.self, Destroyed.self,
        ]
        return Dictionary(uniqueKeysWithValues: types.map { ($0.name.typeName, $0) })
    }()

    public func store(in members: inout some StoredMemberWriter) throws {
        func store<State: EnvironmentState>(_ state: State, _ members: inout some StoredMemberWriter) throws {
            let snapshot = EnvironmentSnapshot(context: context, state: state)
            try members.write(StoredSnapshot(snapshot), as: State.name.typeName)
        }
        try store(payload, &members)
    }

    public init(stored members: inout some StoredMemberReader) throws {
        let names = members.names
        guard let name = names.first, names.count == 1 else {
            throw members.invalid(nil, "an environment has exactly one member, its state, and not \(names.count)")
        }
        guard let type = Self.types[name] else {
            throw members.invalid(name, "\(name.quotedAsJSON) is not one of the 13 states")
        }
        func read<State: EnvironmentState>(
            _: State.Type, _ members: inout some StoredMemberReader
        ) throws -> AnyEnvironmentState {
            try (members.required(name) as StoredSnapshot<State>).snapshot.erased
        }
        self = try read(type, &members)
    }
}
