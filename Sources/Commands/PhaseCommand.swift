public import EnvironmentDomain

/// A command that takes an environment through the steps of one phase.
///
/// The environment's lease is held for the whole run. Every state and every step is saved before it begins and after it
/// ended; no step starts while the save of its intent is not durable.
public protocol PhaseCommand: Sendable {
    /// The state before the phase.
    associatedtype Start: EnvironmentState
    /// The state in which the phase's steps run.
    associatedtype Working: InProgressState
    /// The state after the phase.
    associatedtype Done: EnvironmentState
    /// The state after a failed step.
    associatedtype Failed: FailedState

    /// The states that the command goes through, and what it works with; made by this module only.
    var engine: PhaseEngine<Start, Working, Done, Failed> { get }
}

extension PhaseCommand {
    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func execute(
        _ environment: consuming Environment<Start>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.start, environment.erased, .changes(parameters), under: lease).environment
    }

    /// Resumes at the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func resume(
        _ environment: consuming Environment<Working>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.resume, environment.erased, under: lease).environment
    }

    /// Continues at the step that failed.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func retry(
        _ environment: consuming Environment<Failed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Done> {
        try await engine.perform(.retry, environment.erased, under: lease).environment
    }
}
