public import EnvironmentDomain

/// Configures an environment's instance: `Provisioned` to `Configured`, through `Configuring`, or to `ConfigureFailed`.
public struct ConfigureCommand: PhaseCommand {
    /// The states that the command goes through.
    public let engine: PhaseEngine<Provisioned, Configuring, Configured, ConfigureFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: Where the environment is stored.
    ///   - options: What the caller wants beyond the work.
    public init(provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        engine = PhaseEngine(
            CommandCore(phase: .configure, provider: provider, repository: repository, options: options),
            start: { $0.startConfiguring($1) },
            retry: { $0.retryConfiguring($1) },
            complete: { $0.configured() },
            fail: { $0.configureFailed($1) },
            again: { environment, run in
                guard let state = environment.payload as? any ConfigureBegunState else { return nil }
                func begin<State: ConfigureBegunState>(_ state: State) -> Environment<Configuring>? {
                    environment.handle(state).configureAgain(run)
                }
                return begin(state)
            })
    }

    /// Starts the phase again, from its first step.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func again<State: ConfigureBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Configured> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
