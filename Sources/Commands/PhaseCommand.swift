public import EnvironmentDomain

/// A command that takes an environment through the steps of one phase.
///
/// The command holds the environment's lease for the whole run. It saves every state and every step before it starts
/// and after it ends. No step starts before the save that records its intent is durable.
public protocol PhaseCommand: Sendable {
    /// The state before the phase.
    associatedtype Start: EnvironmentState
    /// The state in which the phase's steps run.
    associatedtype Working: InProgressState
    /// The state after the phase.
    associatedtype Done: EnvironmentState
    /// The state after a failed step.
    associatedtype Failed: FailedState

    /// The engine that runs the steps and changes the environment's state; only this module can create one.
    var engine: PhaseEngine<Start, Working, Done, Failed> { get }
}

extension PhaseCommand {
    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - parameters: The parameters to change; the others keep their values.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func execute(
        _ environment: consuming Environment<Start>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.start, environment.erased, .changes(parameters), under: lease).environment
    }

    /// Resumes the phase at the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func resume(
        _ environment: consuming Environment<Working>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.resume, environment.erased, under: lease).environment
    }

    /// Retries the phase from the step that failed.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func retry(
        _ environment: consuming Environment<Failed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.retry, environment.erased, under: lease).environment
    }
}
