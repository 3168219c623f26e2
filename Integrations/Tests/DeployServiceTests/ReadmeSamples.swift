import Commands
import EnvironmentDomain
import EnvironmentLogging
import EnvironmentMetrics
import EnvironmentServiceLifecycle
import EnvironmentTracing
import Logging
import Persistence
import ServiceLifecycle
import UnixSignals

// The samples of README.md, line by line: a test compares them.

func provision(
    _ name: EnvironmentName, _ command: ProvisionCommand, in repository: FileEnvironmentRepository
) async throws {
    let logger = Logger(label: "deployer")
    try await EnvironmentLog.withLogger(logger) {
        guard let stored = try await repository.load(name) else { return }
        _ = try await command.execute(stored.document.environment())
    }
}

func measured(_ files: FileEnvironmentRepository) -> DeploymentOrchestrator {
    let repository = MeasuredRepository(files, dimensions: [("region", "north")])
    return DeploymentOrchestrator(provider: .local, repository: repository)
}

func traced(_ repository: FileEnvironmentRepository) -> ProvisionCommand {
    let options = CommandOptions(instrument: CommandTracing())
    return ProvisionCommand(provider: .local, repository: repository, options: options)
}

func serve(_ name: EnvironmentName, _ repository: FileEnvironmentRepository, _ logger: Logger) async throws {
    let service = DeploymentService { options in
        guard let stored = try await repository.load(name) else { return }
        let provision = ProvisionCommand(
            provider: .local, repository: repository, options: options)
        _ = try await provision.execute(stored.document.environment())
    }
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
}
