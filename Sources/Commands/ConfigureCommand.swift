public import EnvironmentDomain

/// Configures an environment's instance: `Provisioned` to `Configured`, through `Configuring`, or to `ConfigureFailed`.
///
/// The environment's lease is held for the whole run. Every state and every step is saved before it begins and after it
/// ended; no step starts while the save that announces it is not durable.
public struct ConfigureCommand: StepCommand {
    let core: CommandCore

    public init(workflow: Workflow, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        core = CommandCore(command: .configure, workflow: workflow, repository: repository, options: options)
    }

    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func execute(
        _ environment: consuming Environment<Provisioned>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Configured> {
        Environment(try await perform(.start(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func resume(
        _ environment: consuming Environment<Configuring>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Configured> {
        Environment(try await perform(.interrupted(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step that failed.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func retry(
        _ environment: consuming Environment<ConfigureFailed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Configured> {
        Environment(try await perform(.failed(environment.snapshot), under: lease).environment)
    }

    static func begin(_ environment: consuming Environment<Provisioned>, _ run: CommandRun) -> Environment<Configuring>
    {
        environment.startConfiguring(run)
    }

    static func again(_ environment: consuming Environment<ConfigureFailed>, _ run: CommandRun) -> Environment<
        Configuring
    > {
        environment.retryConfiguring(run)
    }

    static func complete(_ environment: consuming Environment<Configuring>) -> Environment<Configured> {
        environment.configured()
    }

    static func fail(_ environment: consuming Environment<Configuring>, _ failure: StepFailure) -> Environment<
        ConfigureFailed
    > {
        environment.configureFailed(failure)
    }
}
