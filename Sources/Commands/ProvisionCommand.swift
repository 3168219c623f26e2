public import EnvironmentDomain

/// A command that makes an environment's instance.
///
/// It takes a `Created` environment through `Provisioning` to `Provisioned`, or to `ProvisionFailed` when a step fails.
public struct ProvisionCommand: PhaseCommand {
    /// The engine that runs the steps and changes the environment's state.
    public let engine: PhaseEngine<Created, Provisioning, Provisioned, ProvisionFailed>

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - provider: The provider whose steps are run.
    ///   - repository: The repository that stores the environment.
    ///   - options: The options of the run.
    public init(provider: Provider, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        engine = PhaseEngine(
            CommandCore(phase: .provision, provider: provider, repository: repository, options: options),
            start: { $0.startProvisioning($1) },
            retry: { $0.retryProvisioning($1) },
            complete: { environment throws(StepError) in
                let instance = try Self.instance(environment.outputs)
                return environment.provisioned(instance)
            },
            fail: { $0.provisionFailed($1) },
            again: { environment, run in
                guard let state = environment.payload as? any ProvisionBegunState else { return nil }
                func begin<State: ProvisionBegunState>(_ state: State) -> Environment<Provisioning>? {
                    environment.handle(state).provisionAgain(run)
                }
                return begin(state)
            },
            verify: { environment throws(StepError) in _ = try Self.instance(environment.context.outputs) })
    }

    /// Starts the phase again, from its first step.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored.
    ///   - parameters: The parameters to change; the others keep their values.
    ///   - lease: A lease of this environment to work under; `nil` acquires one for the run.
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func again<State: ProvisionBegunState>(
        _ environment: consuming Environment<State>, parameters: [ParameterName: String] = [:],
        under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Provisioned> {
        try await engine.perform(.again, environment.erased, .changes(parameters), under: lease).environment
    }

    private static func instance(_ outputs: [String: String]) throws(StepError) -> Instance {
        let name = OutputKey.instanceAddress.name
        guard let text = outputs[name] else {
            throw StepError(
                kind: "missing_output",
                summary: "no step of provisioning has set the output \(name) (append \(name)=… to $OUTPUTS)")
        }
        do {
            return Instance(address: try InstanceAddress(text))
        } catch {
            throw StepError(kind: .invalidOutput, summary: "\(name): \(error)")
        }
    }
}
