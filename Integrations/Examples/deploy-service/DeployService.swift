import Commands
import EnvironmentDomain
import EnvironmentLogging
import EnvironmentMetrics
import EnvironmentServiceLifecycle
import EnvironmentTracing
import Foundation
import InMemoryTracing
import Logging
import MetricsTestKit
import Persistence
import ServiceLifecycle
import Tracing
import UnixSignals

/// Deploys one environment as a service, and shows what the four bridges make of it: logs on standard error, metrics and
/// spans on standard output.
@main
struct DeployService {
    static func main() async {
        let arguments = CommandLine.arguments
        guard (3...4).contains(arguments.count) else {
            print("USAGE: deploy-service NAME DATA-FOLDER [WORKFLOW-FILE]")
            exit(64)
        }
        let logger = Logger(label: "deploy-service", factory: { StreamLogHandler.standardError(label: $0) })
        let tracer = InMemoryTracer()
        var status: Int32 = 0
        do {
            try await deploy(
                arguments[1], in: arguments[2], workflow: arguments.dropFirst(3).first, tracer: tracer, logger: logger)
        } catch {
            logger.error("\(error)")
            status = 1
        }
        for line in SpanTree(tracer.finishedSpans).lines { print(line) }
        exit(status)
    }

    private static func deploy(
        _ name: String, in dataFolder: String, workflow: String?, tracer: InMemoryTracer, logger: Logger
    ) async throws {
        let name = try EnvironmentName(name)
        let files = try FileEnvironmentRepository(dataFolder: dataFolder)
        let provider = try workflow.map { try Provider.workflowFile($0) } ?? .local
        let keys = files.workspace(for: name).keys
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("\(keys)/id_ed25519"),
            publicKeyPath: try AbsolutePath("\(keys)/id_ed25519.pub"))

        let repository = MeasuredRepository(files, factory: StreamMetricsFactory.standardOutput())
        let tracing = CommandTracing(tracer: tracer)
        let service = DeploymentService(options: CommandOptions(instrument: tracing)) { options in
            let orchestrator = DeploymentOrchestrator(provider: provider, repository: repository, options: options)
            try await tracer.withSpan("deploy") { _ in
                let report = try await orchestrator.deploy(name, until: .configure) {
                    Environment(name: name, sshCredentials: credentials, provider: provider.reference)
                }
                logger.info("\(report.stored.document)")
            }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await EnvironmentLog.withLogger(logger) { try await group.run() }
    }
}
