/// A state that is part of an environment's type.
///
/// Only the 13 states of this module can conform, because the requirements need a case of ``AnyEnvironmentState``.
public protocol EnvironmentState: StoredForm, Hashable, Sendable {
    /// The state's name.
    static var name: LifecycleState { get }

    /// Returns the snapshot without the state in its type.
    static func erase(_ snapshot: EnvironmentSnapshot<Self>) -> AnyEnvironmentState

    /// Returns the snapshot with its type; `nil` when it is in another state.
    static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Self>?
}

/// A state in which a command's steps run.
public protocol InProgressState: EnvironmentState {
    /// The progress of the command's steps.
    var progress: StepProgress { get set }
}

/// A state in which a command's step has failed.
public protocol FailedState: EnvironmentState {
    var failure: StepFailure { get }
    /// The progress of the command's steps before the failure.
    var progress: StepProgress { get }
}

/// A state in which the instance exists, so that its address is known.
public protocol ProvisionedState: EnvironmentState {
    var instance: Instance { get }
}

/// A state in which provisioning has started, so that it can be run again.
public protocol ProvisionBegunState: EnvironmentState {}

/// A state in which configuring has started, so that it can be run again.
public protocol ConfigureBegunState: ProvisionBegunState, ProvisionedState {}

/// A state in which releasing has started, so that it can be run again.
public protocol ReleaseBegunState: ConfigureBegunState {}

/// A state in which running has started, so that it can be run again.
public protocol RunBegunState: ReleaseBegunState {}

/// A state from which an environment can become ``Destroyed``.
public protocol DestroyableState: EnvironmentState {}
