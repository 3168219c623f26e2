import Commands
import EnvironmentDomain
import Synchronization

/// A step made of a closure, which notes in a journal that it ran.
struct TestStep: Step {
    let name: StepName
    var timeout = Duration.seconds(540)
    var retry = RetryPolicy.never
    var isRepeatable = true
    let body: @Sendable (StepContext) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (StepContext) async throws -> Void = { _ in }) throws {
        self.name = try StepName(name)
        self.body = body
    }

    func run(_ context: StepContext) async throws { try await body(context) }

    func with(
        timeout: Duration? = nil, retry: RetryPolicy? = nil, isRepeatable: Bool? = nil
    ) -> TestStep {
        var step = self
        if let timeout { step.timeout = timeout }
        if let retry { step.retry = retry }
        if let isRepeatable { step.isRepeatable = isRepeatable }
        return step
    }
}

/// What the steps of a test did, in their order.
final class Trail: Sendable {
    private let names = Mutex<[String]>([])

    func add(_ name: String) { names.withLock { $0.append(name) } }
    var all: [String] { names.withLock(\.self) }

    /// Steps that note their names; the last one of provisioning hands on an address.
    func steps(_ names: String..., failing: String? = nil) throws -> [any Step] {
        try names.map { name in
            try TestStep(name) { context in
                self.add(name)
                if name == names.last { try context.handOn("instance_address", "10.0.0.7") }
                if name == failing { throw StepError(kind: "broken", summary: "\(name) is broken") }
            }
        }
    }
}

extension ProviderReference {
    static let test = ProviderReference(kind: .workflow)
}

extension Provider {
    /// The same steps for every command.
    static func test(_ steps: [any Step]) -> Provider {
        Provider(
            .test,
            steps: [.provision: steps, .configure: steps, .release: steps, .run: steps, .destroy: steps])
    }
}

enum Sample {
    static func created(_ name: String = "my-env") throws -> Environment<Created> {
        Environment(
            name: try EnvironmentName(name),
            sshCredentials: SSHCredentials(
                username: try SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
                publicKeyPath: try AbsolutePath("/keys/id.pub")),
            provider: .test)
    }
}

/// Runs `body` with nothing logged to standard error and gives back what was logged.
func logged(_ body: () async throws -> Void) async rethrows -> [LogRecord] {
    let log = LogCollector()
    try await EnvironmentLog.withHandler({ log.add($0) }, operation: body)
    return log.all
}

final class LogCollector: Sendable {
    private let records = Mutex<[LogRecord]>([])
    func add(_ record: LogRecord) { records.withLock { $0.append(record) } }
    var all: [LogRecord] { records.withLock(\.self) }
}
