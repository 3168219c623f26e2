public import EnvironmentDomain

/// Starts an environment's release: `Released` to `Running`, or to `RunFailed`.
public struct RunCommand: PhaseCommand {
    /// The states that the command goes through.
    public let engine: PhaseEngine<Released, Running, Running, RunFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: Where the environment is stored.
    ///   - options: What the caller wants beyond the work.
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
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func again<State: RunBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Running> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
