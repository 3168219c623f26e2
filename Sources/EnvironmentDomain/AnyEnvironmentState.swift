/// A snapshot of an environment in any of the 13 states, for storing and comparing environments of different states.
///
/// Its JSON is an object with one member, named after the state's type: `{"Provisioned": {"name": "my-env", …}}`.
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

    /// The parts that all cases have.
    ///
    /// This is the one `switch` that the properties below share.
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

    /// The part of the snapshot that does not depend on the state.
    public var context: EnvironmentContext { parts.context }
    package var payload: any EnvironmentState { parts.state }
    /// The environment's name.
    public var name: EnvironmentName { context.name }
    /// The name of the state.
    public var state: LifecycleState { type(of: parts.state).name }
    public var isSuccessState: Bool { state.isSuccess }
    public var isErrorState: Bool { state.isError }
    public var isTerminalState: Bool { state.isTerminal }
    /// The failure of a failed state or of a failed destroy; `nil` for none.
    public var failure: StepFailure? {
        if let destruction = context.destruction { return destruction.failure }
        return (parts.state as? any FailedState)?.failure
    }
    /// The progress of the unfinished command; `nil` for none.
    ///
    /// A destroy's progress comes before that of the state.
    public var progress: StepProgress? {
        if let destruction = context.destruction { return destruction.progress }
        let state = parts.state
        return (state as? any InProgressState)?.progress ?? (state as? any FailedState)?.progress
    }
    /// The instance; `nil` before it is provisioned and after it is destroyed.
    public var instance: Instance? { (parts.state as? any ProvisionedState)?.instance }

    /// Returns the same state with another context.
    package func with(_ context: EnvironmentContext) -> AnyEnvironmentState {
        func erase<State: EnvironmentState>(_ state: State) -> AnyEnvironmentState {
            EnvironmentSnapshot(context: context, state: state).erased
        }
        return erase(payload)
    }

    /// Returns a handle of this environment in the state of `payload`.
    package func handle<State: EnvironmentState>(_ payload: State) -> Environment<State> {
        Environment(EnvironmentSnapshot(context: context, state: payload))
    }

    /// The command that has started and is not complete, because it still runs, failed or was interrupted; `nil` for
    /// none.
    public var unfinishedCommand: CommandName? {
        if context.destruction != nil { return .destroy }
        let state = parts.state
        if let inProgress = state as? any InProgressState {
            return inProgress.progress.finishedAt == nil ? type(of: state).name.command : nil
        }
        return state is any FailedState ? type(of: state).name.command : nil
    }

    /// The command that comes next: the unfinished one, otherwise that of the next phase; `nil` when the environment is
    /// running or destroyed.
    public var nextCommand: CommandName? {
        if let unfinishedCommand { return unfinishedCommand }
        return state == .running ? nil : state.command
    }

    /// Returns a handle of this environment when it is in the requested state.
    ///
    /// - Throws: ``UnexpectedState`` with the requested and the actual state.
    public func environment<State: EnvironmentState>(
        as type: State.Type = State.self
    ) throws(UnexpectedState) -> Environment<State> {
        guard let snapshot = State.unerase(self) else {
            throw UnexpectedState(expected: State.name, actual: state)
        }
        return Environment(snapshot)
    }
}

/// An error for an environment that is in another state than the requested one.
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
    private typealias Reader = @Sendable (EnvironmentContext, StoredMemberReader) throws -> AnyEnvironmentState

    /// The decoder of each state, by its key in a document: the inverse of ``EnvironmentState/name``.
    private static let readers: [String: Reader] = Dictionary(uniqueKeysWithValues: [
        reader(Created.self), reader(Provisioning.self), reader(Provisioned.self), reader(ProvisionFailed.self),
        reader(Configuring.self), reader(Configured.self), reader(ConfigureFailed.self), reader(Releasing.self),
        reader(Released.self), reader(ReleaseFailed.self), reader(Running.self), reader(RunFailed.self),
        reader(Destroyed.self),
    ])

    private static func reader<State: EnvironmentState>(_: State.Type) -> (String, Reader) {
        (
            State.name.typeName,
            { context, members in
                EnvironmentSnapshot(context: context, state: try State(stored: members)).erased
            }
        )
    }

    public func store(in members: StoredMemberWriter) throws {
        let (context, state) = parts
        try members.writeObject(as: type(of: state).name.typeName) { body in
            try context.store(in: body)
            try body.writeObject(as: "state") { try state.store(in: $0) }
        }
    }

    public init(stored members: StoredMemberReader) throws {
        let names = members.names
        guard let name = names.first, names.count == 1 else {
            throw members.invalid(nil, "an environment has exactly one member, its state, and not \(names.count)")
        }
        guard let reader = Self.readers[name] else {
            throw members.invalid(name, "\(name.quotedAsJSON) is not one of the 13 states")
        }
        let body = try members.object(name)
        self = try reader(try EnvironmentContext(stored: body), try body.object("state"))
    }
}
