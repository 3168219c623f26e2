public import EnvironmentDomain

/// Makes an environment's instance: `Created` to `Provisioned`, through `Provisioning`, or to `ProvisionFailed`.
///
/// The environment's lease is held for the whole run. Every state and every step is saved before it begins and after it
/// ended; no step starts while the save that announces it is not durable.
public struct ProvisionCommand: StepCommand {
    let core: CommandCore

    public init(workflow: Workflow, repository: any EnvironmentRepository, options: CommandOptions = CommandOptions()) {
        core = CommandCore(command: .provision, workflow: workflow, repository: repository, options: options)
    }

    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func execute(
        _ environment: consuming Environment<Created>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Provisioned> {
        Environment(try await perform(.start(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step in which an earlier run was interrupted.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func resume(
        _ environment: consuming Environment<Provisioning>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Provisioned> {
        Environment(try await perform(.interrupted(environment.snapshot), under: lease).environment)
    }

    /// Goes on with the step that failed.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored.
    ///   - lease: a lease of this environment to work under; nil takes one for the run.
    /// - Throws: ``CommandError``, with what is stored after it.
    public func retry(
        _ environment: consuming Environment<ProvisionFailed>, under lease: (any EnvironmentLease)? = nil
    ) async throws(CommandError) -> Environment<Provisioned> {
        Environment(try await perform(.failed(environment.snapshot), under: lease).environment)
    }

    static func begin(_ environment: consuming Environment<Created>, _ run: CommandRun) -> Environment<Provisioning> {
        environment.startProvisioning(run)
    }

    static func again(_ environment: consuming Environment<ProvisionFailed>, _ run: CommandRun) -> Environment<
        Provisioning
    > {
        environment.retryProvisioning(run)
    }

    static func verify(_ environment: EnvironmentSnapshot<Provisioning>) throws(StepError) {
        _ = try instance(environment.context.outputs)
    }

    static func complete(_ environment: consuming Environment<Provisioning>) throws(StepError) -> Environment<
        Provisioned
    > {
        let instance = try instance(environment.outputs)
        return environment.provisioned(instance)
    }

    private static func instance(_ outputs: [String: String]) throws(StepError) -> Instance {
        guard let text = outputs["instance_address"] else {
            throw StepError(
                kind: "missing_output",
                summary:
                    "no step of provisioning has handed on instance_address (append instance_address=… to $OUTPUTS)")
        }
        do {
            return Instance(address: try InstanceAddress(text))
        } catch {
            throw StepError(kind: "invalid_output", summary: "instance_address: \(error)")
        }
    }

    static func fail(_ environment: consuming Environment<Provisioning>, _ failure: StepFailure) -> Environment<
        ProvisionFailed
    > {
        environment.provisionFailed(failure)
    }
}
