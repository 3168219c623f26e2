public import EnvironmentDomain

/// Puts a release into place on an environment's instance: `Configured` to `Released`, through `Releasing`, or to `ReleaseFailed`.
///
/// The environment's lease is held for the whole run. Every state and every step is saved before it begins and after it
/// ended; no step starts while the save that announces it is not durable.
public struct ReleaseCommand: StepCommand {
    let core: CommandCore

    public init(workflow: Workflow, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        core = CommandCore(command: .release, workflow: workflow, repository: repository, options: options)
    }

    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func execute(
        _ environment: consuming Environment<Configured>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Released> {
        Environment(try await perform(.start(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func resume(
        _ environment: consuming Environment<Releasing>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Released> {
        Environment(try await perform(.interrupted(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step that failed.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func retry(
        _ environment: consuming Environment<ReleaseFailed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Released> {
        Environment(try await perform(.failed(environment.snapshot), under: lease).environment)
    }

    static func begin(_ environment: consuming Environment<Configured>, _ run: CommandRun) -> Environment<Releasing> {
        environment.startReleasing(run)
    }

    static func again(_ environment: consuming Environment<ReleaseFailed>, _ run: CommandRun) -> Environment<Releasing>
    {
        environment.retryReleasing(run)
    }

    static func complete(_ environment: consuming Environment<Releasing>) -> Environment<Released> {
        environment.released()
    }

    static func fail(_ environment: consuming Environment<Releasing>, _ failure: StepFailure) -> Environment<
        ReleaseFailed
    > {
        environment.releaseFailed(failure)
    }
}
