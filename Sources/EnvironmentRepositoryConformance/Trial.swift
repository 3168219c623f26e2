import EnvironmentDomain
import Synchronization

/// A repository to check, and environments to check it with.
struct Trial: Sendable {
    let repository: any EnvironmentRepository
    let name: EnvironmentName
    let other: EnvironmentName

    init(_ repository: any EnvironmentRepository) throws {
        self.repository = repository
        name = EnvironmentName("my-env")
        other = EnvironmentName("other-env")
    }

    func lease(
        _ command: CommandName = .provision, run: CommandRun = CommandRun(), of name: EnvironmentName? = nil
    ) async throws -> any EnvironmentLease {
        try await repository.acquireLease(name ?? self.name, for: command, run: run)
    }

    /// Saves an environment that is different from all others.
    @discardableResult
    func save(_ name: EnvironmentName? = nil) async throws -> AnyEnvironmentState {
        let environment = try specimen(of: name)
        try await repository.save(environment)
        return environment
    }

    func event() -> HistoryEvent {
        HistoryEvent(command: .provision, commandID: .random(), change: .transition(from: .created, to: .created))
    }

    /// Returns an environment in a state that is different from all others.
    func specimen(_ state: LifecycleState = .created, of name: EnvironmentName? = nil) throws -> AnyEnvironmentState {
        let run = CommandRun()
        let failure = StepFailure(
            failedStep: StepName("wait_for_port"), errorKind: "timeout", summary: "\"port\" 22\ndid not answer: é",
            startedAt: run.startedAt, failedAt: .now(), attempts: 2, traceID: .random(), traceFile: nil)
        func created() throws -> Environment<Created> {
            Environment(
                name: name ?? self.name,
                sshCredentials: SSHCredentials(
                    username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
                    publicKeyPath: try AbsolutePath("/keys/id.pub")),
                createdAt: Timestamp(millisecondsSince1970: counter.add(1, ordering: .relaxed).newValue))
        }
        func provisioned() throws -> Environment<Provisioned> {
            try created().startProvisioning(run).provisioned(Instance(address: try InstanceAddress("10.0.0.7")))
        }
        func configured() throws -> Environment<Configured> { try provisioned().startConfiguring(run).configured() }
        func released() throws -> Environment<Released> { try configured().startReleasing(run).released() }
        return switch state {
        case .created: try created().erased
        case .provisioning: try created().startProvisioning(run).erased
        case .provisioned: try provisioned().erased
        case .provisionFailed: try created().startProvisioning(run).provisionFailed(failure).erased
        case .configuring: try provisioned().startConfiguring(run).erased
        case .configured: try configured().erased
        case .configureFailed: try provisioned().startConfiguring(run).configureFailed(failure).erased
        case .releasing: try configured().startReleasing(run).erased
        case .released: try released().erased
        case .releaseFailed: try configured().startReleasing(run).releaseFailed(failure).erased
        case .running: try released().startRunning(run).erased
        case .runFailed: try released().startRunning(run).runFailed(failure).erased
        case .destroyed: try provisioned().destroyed().erased
        }
    }

    /// Runs `body`, which must throw an error with a code, and returns the error.
    @discardableResult
    func refusal<Result>(
        _ code: RepositoryError.Code, of body: () async throws -> Result
    ) async throws -> RepositoryError {
        do {
            _ = try await body()
        } catch let error as RepositoryError {
            try require(error.code == code, "the error is \(error.code) and not \(code)")
            return error
        }
        throw NotKept(detail: "there was no error, where \(code) was due")
    }
}

private let counter = Atomic<Int64>(0)

/// A counter that several tasks can change.
final class Tally: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    @discardableResult
    func add(_ other: Int = 1) -> Int { number.add(other, ordering: .acquiringAndReleasing).newValue }
}
