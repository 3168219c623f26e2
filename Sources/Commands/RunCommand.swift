public import EnvironmentDomain

/// Starts an environment's release: `Released` to `Running`, through `Running`, or to `RunFailed`.
///
/// The goal is reached when the progress in the state is finished.
///
/// The environment's lease is held for the whole run. Every state and every step is saved before it begins and after it
/// ended; no step starts while the save that announces it is not durable.
public struct RunCommand: StepCommand {
    let core: CommandCore

    public init(workflow: Workflow, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        core = CommandCore(command: .run, workflow: workflow, repository: repository, options: options)
    }

    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func execute(
        _ environment: consuming Environment<Released>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Running> {
        Environment(try await perform(.start(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func resume(
        _ environment: consuming Environment<Running>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Running> {
        Environment(try await perform(.interrupted(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step that failed.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func retry(
        _ environment: consuming Environment<RunFailed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Running> {
        Environment(try await perform(.failed(environment.snapshot), under: lease).environment)
    }

    static func begin(_ environment: consuming Environment<Released>, _ run: CommandRun) -> Environment<Running> {
        environment.startRunning(run)
    }

    static func again(_ environment: consuming Environment<RunFailed>, _ run: CommandRun) -> Environment<Running> {
        environment.retryRunning(run)
    }

    static func complete(_ environment: consuming Environment<Running>) -> Environment<Running> {
        environment
    }

    static func fail(_ environment: consuming Environment<Running>, _ failure: StepFailure) -> Environment<RunFailed> {
        environment.runFailed(failure)
    }
}
