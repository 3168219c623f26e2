import Commands
import EnvironmentDomain
import EnvironmentServiceLifecycle
import Foundation
import IntegrationTestSupport
import Logging
import Persistence
import ServiceLifecycle
import Testing
import UnixSignals

@Suite("A deployment as a service")
struct DeploymentServiceTests {
    private let name: EnvironmentName

    init() throws { name = EnvironmentName("my-env") }

    private func group(_ service: DeploymentService) -> ServiceGroup {
        ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ],
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    /// A service that provisions with one script, which makes the file `started` when it runs.
    private func service(
        _ script: String, in folder: String, _ options: CommandOptions = CommandOptions()
    ) throws -> DeploymentService {
        let repository = try FileEnvironmentRepository(dataFolder: "\(folder)/data")
        let step = Step.shell("create_instance", script)
        return DeploymentService(options: options, urgentSignals: [.sigusr1]) { options in
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(try .sample())
        }
    }

    private func stored(in folder: String) async throws -> StoredEnvironment? {
        try await FileEnvironmentRepository(dataFolder: "\(folder)/data").load(name)
    }

    private let slow = "touch \"$DATA_DIR/started\"; exec sleep 600"
    private let stubborn = "trap '' INT TERM; touch \"$DATA_DIR/started\"; while :; do sleep 0.1; done"
    private let patient = CommandOptions(interruptGrace: .seconds(3600), terminateGrace: .seconds(3600))

    @Test("A graceful shutdown in the middle of a step leaves the state in progress, and a resume continues")
    func shutdown() async throws {
        try await withTemporaryFolder { folder in
            let group = group(try service(slow, in: folder))
            try await EnvironmentLog.withHandler({ _ in }) {
                async let ending: Void = group.run()
                try await waitForFile("\(folder)/data/started")
                await group.triggerGracefulShutdown()
                try await ending
            }
            let stored = try #require(try await stored(in: folder))
            #expect(stored.document.state == .provisioning)
            #expect(stored.document.progress?.current?.name.text == "create_instance")

            let repository = try FileEnvironmentRepository(dataFolder: "\(folder)/data")
            try await EnvironmentLog.withHandler({ _ in }) {
                let steps: [Step] = [Step.settingAddress()]
                _ = try await ProvisionCommand(provider: .test(steps), repository: repository)
                    .resume(stored.document.environment())
            }
            let lines = try #require(try await repository.historyLines(of: name))
            let steps = lines.compactMap { line in
                if case .step(_, let event) = line.event.change { event } else { nil }
            }
            #expect(steps == [.started, .interrupted, .started, .completed])
            #expect(try await self.stored(in: folder)?.document.state == .provisioned)
        }
    }

    @Test("A signal during a graceful shutdown kills what does not want to end, and the interruption is saved")
    func secondSignal() async throws {
        // Takes the signal for this process, whose end it would be before the service listens.
        let trapped = await UnixSignalsSequence(trapping: [.sigusr1])
        try await withTemporaryFolder { folder in
            let group = group(try service(stubborn, in: folder, patient))
            try await EnvironmentLog.withHandler({ _ in }) {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    try await waitForFile("\(folder)/data/started")
                    await group.triggerGracefulShutdown()
                    tasks.addTask {
                        while !Task.isCancelled {
                            kill(getpid(), SIGUSR1)
                            try? await Task.sleep(for: .milliseconds(50))
                        }
                    }
                    try await tasks.next()
                    tasks.cancelAll()
                }
            }
            #expect(try await stored(in: folder)?.document.state == .provisioning)
            #expect(
                try await stored(in: folder)?.line?.event.change == .step(StepName("create_instance"), .interrupted))
        }
        withExtendedLifetime(trapped) {}
    }

    @Test("Cancellation kills at once, and the service ends with the command's error")
    func cancellation() async throws {
        try await withTemporaryFolder { folder in
            let group = group(try service(stubborn, in: folder, patient))
            let task = Task {
                try await EnvironmentLog.withHandler({ _ in }) { try await commandError { try await group.run() } }
            }
            try await waitForFile("\(folder)/data/started")
            task.cancel()
            #expect(try await task.value?.code == .interrupted)
            #expect(try await stored(in: folder)?.document.state == .provisioning)
        }
    }

    @Test("A failed step is the error of the group")
    func failure() async throws {
        try await withTemporaryFolder { folder in
            let group = group(try service("exit 3", in: folder))
            let error = try await EnvironmentLog.withHandler({ _ in }) {
                try await commandError { try await group.run() }
            }
            #expect(error?.code == .stepFailed)
            #expect(try await stored(in: folder)?.document.state == .provisionFailed)
        }
    }

    @Test("A service that has done its work ends")
    func success() async throws {
        try await withTemporaryFolder { folder in
            let group = group(try service("echo instance_address=127.0.0.1 >> \"$OUTPUTS\"", in: folder))
            try await EnvironmentLog.withHandler({ _ in }) { try await group.run() }
            #expect(try await stored(in: folder)?.document.state == .provisioned)
        }
    }
}
