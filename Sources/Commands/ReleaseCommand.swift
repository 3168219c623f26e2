public import EnvironmentDomain

/// Puts a release into place on an environment's instance: `Configured` to `Released`, through `Releasing`, or to `ReleaseFailed`.
public struct ReleaseCommand: PhaseCommand {
    /// The states that the command goes through.
    public let engine: PhaseEngine<Configured, Releasing, Released, ReleaseFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: Where the environment is stored.
    ///   - options: What the caller wants beyond the work.
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
    ///   - parameters: The parameters to change; one that is not named stays as it is.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func again<State: ReleaseBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Released> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }
}
