public import EnvironmentDomain

/// A command that configures an environment's instance.
///
/// It takes a `Provisioned` environment through `Configuring` to `Configured`, or to `ConfigureFailed` when a step
/// fails.
public struct ConfigureCommand: PhaseCommand {
    /// The engine that runs the steps and changes the environment's state.
    public let engine: PhaseEngine<Provisioned, Configuring, Configured, ConfigureFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
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
    ///   - parameters: The parameters to change; the others keep their values.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func again<State: ConfigureBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Configured> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
