/// A state that is part of an environment's type.
///
/// The 13 states of this module are all there are: what the protocol asks for needs a case of
/// ``AnyEnvironmentState``.
public protocol EnvironmentState: StoredForm, Hashable, Sendable {
    /// The state's name.
    static var name: LifecycleState { get }

    /// Erases the state from a snapshot's type.
    static func erase(_ snapshot: EnvironmentSnapshot<Self>) -> AnyEnvironmentState

    /// Gives the snapshot back with its type; nil when it is in another state.
    static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Self>?
}

/// A state in which a command's steps run.
public protocol InProgressState: EnvironmentState {
    /// What has been done so far.
    var progress: StepProgress { get set }
}

/// A state that a failed step led to.
public protocol FailedState: EnvironmentState {
    var failure: StepFailure { get }
    /// What had been done before the failure.
    var progress: StepProgress { get }
}

/// A state in which the instance exists, so that its address is known.
public protocol ProvisionedState: EnvironmentState {
    var instance: Instance { get }
}

/// A state in which provisioning has been started, so that it can be done again.
public protocol ProvisionBegunState: EnvironmentState {}

/// A state in which configuring has been started, so that it can be done again.
public protocol ConfigureBegunState: ProvisionBegunState, ProvisionedState {}

/// A state in which releasing has been started, so that it can be done again.
public protocol ReleaseBegunState: ConfigureBegunState {}

/// A state in which running has been started, so that it can be done again.
public protocol RunBegunState: ReleaseBegunState {}

/// A state that can be left for ``Destroyed``.
public protocol DestroyableState: EnvironmentState {}
