public import EnvironmentDomain

/// A command that puts a release into place on an environment's instance.
///
/// It takes a `Configured` environment through `Releasing` to `Released`, or to `ReleaseFailed` when a step fails.
public struct ReleaseCommand: PhaseCommand {
    /// The engine that runs the steps and changes the environment's state.
    public let engine: PhaseEngine<Configured, Releasing, Released, ReleaseFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
    public init(provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        engine = PhaseEngine(
            CommandCore(phase: .release, provider: provider, repository: repository, options: options),
            start: { $0.startReleasing($1) },
            retry: { $0.retryReleasing($1) },
            complete: { $0.released() },
            fail: { $0.releaseFailed($1) },
            again: { environment, run in
                guard let state = environment.payload as? any ReleaseBegunState else { return nil }
                func begin<State: ReleaseBegunState>(_ state: State) -> Environment<Releasing>? {
                    environment.handle(state).releaseAgain(run)
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
    public func again<State: ReleaseBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Released> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
