public import EnvironmentDomain

/// A command that starts an environment's release.
///
/// It takes a `Released` environment to `Running`, or to `RunFailed` when a step fails.
public struct RunCommand: PhaseCommand {
    /// The engine that runs the steps and changes the environment's state.
    public let engine: PhaseEngine<Released, Running, Running, RunFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
    public init(provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        engine = PhaseEngine(
            CommandCore(phase: .run, provider: provider, repository: repository, options: options),
            start: { $0.startRunning($1) },
            retry: { $0.retryRunning($1) },
            complete: { $0 },
            fail: { $0.runFailed($1) },
            again: { environment, run in
                guard let state = environment.payload as? any RunBegunState else { return nil }
                func begin<State: RunBegunState>(_ state: State) -> Environment<Running>? {
                    environment.handle(state).runAgain(run)
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
    public func again<State: RunBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Running> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
