public import EnvironmentDomain

/// A chain of commands on one environment under one lease, which compiles only in a legal order:
/// `try await orchestrator.provision(environment).configure().finish()`.
///
/// A deployment, like the environment in it, can be used only once. ``finish()`` releases the lease, and so does a
/// command of the chain that throws.
public struct Deployment<State: EnvironmentState>: ~Copyable, Sendable {
    private let environment: Environment<State>
    private let lease: any EnvironmentLease
    private let orchestrator: DeploymentOrchestrator

    init(
        _ environment: consuming Environment<State>, lease: any EnvironmentLease, orchestrator: DeploymentOrchestrator
    ) {
        self.environment = environment
        self.lease = lease
        self.orchestrator = orchestrator
    }

    /// A copy of the environment's current context and state.
    public var snapshot: EnvironmentSnapshot<State> { environment.snapshot }

    /// Ends the chain, releases the lease, and returns the environment.
    public consuming func finish() async -> Environment<State> {
        await lease.release()
        return environment
    }

    fileprivate consuming func advance<Command: PhaseCommand>(
        by command: (DeploymentOrchestrator) -> Command,
        _ way: PhaseEngine<Command.Start, Command.Working, Command.Done, Command.Failed>.Way,
        _ parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Command.Done> {
        do throws(CommandError) {
            let performed = try await command(orchestrator).engine.perform(
                way, environment.erased, .changes(parameters), under: lease)
            return Deployment<Command.Done>(performed.environment, lease: lease, orchestrator: orchestrator)
        } catch {
            await lease.release()
            throw error
        }
    }
}

extension DeploymentOrchestrator {
    /// Acquires the lease of an environment in any state and begins a chain.
    ///
    /// - Parameter environment: The environment as it is stored.
    /// - Throws: ``CommandError`` when the lease cannot be acquired; nothing was done.
    public func deployment<State: EnvironmentState>(
        of environment: consuming Environment<State>
    ) async throws(CommandError) -> Deployment<State> {
        let lease: any EnvironmentLease
        do {
            lease = try await repository.acquireLease(
                environment.name, for: State.name.command ?? .destroy, run: CommandRun())
        } catch {
            throw CommandError(error)
        }
        return Deployment(environment, lease: lease, orchestrator: self)
    }

    /// Provisions an environment, keeps its lease, and begins a chain.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func provision(
        _ environment: consuming Environment<Created>, parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Provisioned> {
        try await deployment(of: environment).provision(parameters: parameters)
    }

    /// Provisions and configures the environment under one lease.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public func provisionAndConfigure(
        _ environment: consuming Environment<Created>, parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Environment<Configured> {
        try await provision(environment, parameters: parameters).configure().finish()
    }
}

extension Deployment<Created> {
    /// Provisions the instance.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func provision(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Provisioned> {
        try await advance(by: \.provisionCommand, .start, parameters)
    }
}

extension Deployment<Provisioning> {
    /// Resumes provisioning at the step in which an earlier run was interrupted.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func resume() async throws(CommandError) -> Deployment<Provisioned> {
        try await advance(by: \.provisionCommand, .resume)
    }
}

extension Deployment<ProvisionFailed> {
    /// Retries provisioning from the step that failed.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func retry() async throws(CommandError) -> Deployment<Provisioned> {
        try await advance(by: \.provisionCommand, .retry)
    }
}

extension Deployment where State: ProvisionBegunState {
    /// Starts provisioning again, from its first step.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func provisionAgain(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Provisioned> {
        try await advance(by: \.provisionCommand, .again, parameters)
    }
}

extension Deployment<Provisioned> {
    /// Configures the instance.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func configure(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Configured> {
        try await advance(by: \.configureCommand, .start, parameters)
    }
}

extension Deployment<Configuring> {
    /// Resumes configuring at the step in which an earlier run was interrupted.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func resume() async throws(CommandError) -> Deployment<Configured> {
        try await advance(by: \.configureCommand, .resume)
    }
}

extension Deployment<ConfigureFailed> {
    /// Retries configuring from the step that failed.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func retry() async throws(CommandError) -> Deployment<Configured> {
        try await advance(by: \.configureCommand, .retry)
    }
}

extension Deployment where State: ConfigureBegunState {
    /// Starts configuring again, from its first step.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func configureAgain(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Configured> {
        try await advance(by: \.configureCommand, .again, parameters)
    }
}

extension Deployment<Configured> {
    /// Puts the release into place.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func release(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Released> {
        try await advance(by: \.releaseCommand, .start, parameters)
    }
}

extension Deployment<Releasing> {
    /// Resumes releasing at the step in which an earlier run was interrupted.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func resume() async throws(CommandError) -> Deployment<Released> {
        try await advance(by: \.releaseCommand, .resume)
    }
}

extension Deployment<ReleaseFailed> {
    /// Retries releasing from the step that failed.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func retry() async throws(CommandError) -> Deployment<Released> {
        try await advance(by: \.releaseCommand, .retry)
    }
}

extension Deployment where State: ReleaseBegunState {
    /// Starts releasing again, from its first step.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func releaseAgain(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Released> {
        try await advance(by: \.releaseCommand, .again, parameters)
    }
}

extension Deployment<Released> {
    /// Starts the release.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func run(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Running> {
        try await advance(by: \.runCommand, .start, parameters)
    }
}

extension Deployment<Running> {
    /// Resumes running at the step in which an earlier run was interrupted.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func resume() async throws(CommandError) -> Deployment<Running> {
        try await advance(by: \.runCommand, .resume)
    }
}

extension Deployment<RunFailed> {
    /// Retries running from the step that failed.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func retry() async throws(CommandError) -> Deployment<Running> {
        try await advance(by: \.runCommand, .retry)
    }
}

extension Deployment where State: RunBegunState {
    /// Starts running again, from its first step.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func runAgain(
        parameters: [ParameterName: String] = [:]
    ) async throws(CommandError) -> Deployment<Running> {
        try await advance(by: \.runCommand, .again, parameters)
    }
}

extension Deployment where State: DestroyableState {
    /// Destroys the environment, releases the lease and ends the chain.
    ///
    /// - Throws: ``CommandError``; ``CommandError/lastDurable`` is the state that is stored then.
    public consuming func destroy() async throws(CommandError) -> Environment<Destroyed> {
        do throws(CommandError) {
            let command = DestroyCommand(
                provider: orchestrator.provider, repository: orchestrator.repository, options: orchestrator.options)
            let destroyed = Environment(try await command.perform(environment.snapshot, under: lease).environment)
            await lease.release()
            return destroyed
        } catch {
            await lease.release()
            throw error
        }
    }
}
