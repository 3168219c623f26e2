public import EnvironmentDomain

/// An environment on its way through several commands under one lease, as a chain that compiles only in the right
/// order: `try await orchestrator.provision(environment).configure().finish()`.
///
/// Like the environment in it, a deployment can be used once. ``finish()`` gives the lease back; when a command of the
/// chain throws, the lease is given back too.
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

    /// The picture of the environment as it is now.
    public var snapshot: EnvironmentSnapshot<State> { environment.snapshot }

    /// Ends the chain and gives the lease back.
    public consuming func finish() async -> Environment<State> {
        await lease.release()
        return environment
    }

    fileprivate consuming func advance<Next: EnvironmentState>(
        _ command: (
            DeploymentOrchestrator, EnvironmentSnapshot<State>, any EnvironmentLease
        ) async throws(CommandError) -> Environment<Next>
    ) async throws(CommandError) -> Deployment<Next> {
        do throws(CommandError) {
            let next = try await command(orchestrator, environment.snapshot, lease)
            return Deployment<Next>(next, lease: lease, orchestrator: orchestrator)
        } catch {
            await lease.release()
            throw error
        }
    }
}

extension DeploymentOrchestrator {
    /// Begins a chain: provisions the environment and keeps its lease.
    ///
    /// - Throws: ``CommandError``, with what is stored after it.
    public func provision(
        _ environment: consuming Environment<Created>
    ) async throws(CommandError) -> Deployment<Provisioned> {
        let lease: any EnvironmentLease
        do {
            lease = try await repository.acquireLease(environment.name, for: .provision, run: CommandRun())
        } catch {
            throw CommandError(error)
        }
        return try await Deployment<Created>(environment, lease: lease, orchestrator: self)
            .advance { orchestrator, snapshot, lease throws(CommandError) in
                try await orchestrator.provisionCommand.execute(Environment(snapshot), under: lease)
            }
    }

    /// Provisions and configures the environment under one lease.
    ///
    /// - Throws: ``CommandError``, with what is stored after it.
    public func provisionAndConfigure(
        _ environment: consuming Environment<Created>
    ) async throws(CommandError) -> Environment<Configured> {
        try await provision(environment).configure().finish()
    }
}

extension Deployment<Provisioned> {
    /// Configures the environment.
    ///
    /// - Throws: ``CommandError``, with what is stored after it.
    public consuming func configure() async throws(CommandError) -> Deployment<Configured> {
        try await advance { orchestrator, snapshot, lease throws(CommandError) in
            try await orchestrator.configureCommand.execute(Environment(snapshot), under: lease)
        }
    }
}

extension Deployment<Configured> {
    /// Puts the release into place.
    ///
    /// - Throws: ``CommandError``, with what is stored after it.
    public consuming func release() async throws(CommandError) -> Deployment<Released> {
        try await advance { orchestrator, snapshot, lease throws(CommandError) in
            try await orchestrator.releaseCommand.execute(Environment(snapshot), under: lease)
        }
    }
}

extension Deployment<Released> {
    /// Starts the release.
    ///
    /// - Throws: ``CommandError``, with what is stored after it.
    public consuming func run() async throws(CommandError) -> Deployment<Running> {
        try await advance { orchestrator, snapshot, lease throws(CommandError) in
            try await orchestrator.runCommand.execute(Environment(snapshot), under: lease)
        }
    }
}
