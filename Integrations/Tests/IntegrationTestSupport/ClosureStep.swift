package import Commands
package import EnvironmentDomain

/// A step made of a closure.
package struct ClosureStep: Step {
    package let name: StepName
    package let retry: RetryPolicy
    private let body: @Sendable (StepContext) async throws -> Void

    package init(
        _ name: String, retries: Int = 0, _ body: @escaping @Sendable (StepContext) async throws -> Void = { _ in }
    ) throws {
        self.name = try StepName(name)
        retry = RetryPolicy(retries: retries, delay: .milliseconds(1))
        self.body = body
    }

    package func run(_ context: StepContext) async throws { try await body(context) }

    /// The step that provisioning needs at least.
    package static func handingOnAddress(_ name: String = "create_instance") throws -> ClosureStep {
        try ClosureStep(name) { try $0.handOn("instance_address", "10.0.0.7") }
    }

    /// A step that fails so often, with its attempt's number in the summary.
    package static func failing(_ name: String, times: Int, retries: Int = 0) throws -> ClosureStep {
        try ClosureStep(name, retries: retries) { context in
            if context.attempt <= times {
                throw StepError(kind: "not_ready", summary: "attempt \(context.attempt) was too early")
            }
        }
    }
}

extension Provider {
    /// A workflow of a provider of no other use.
    package static func test(_ steps: [any Step]) -> Provider {
        Provider(.test, steps: [.provision: steps, .configure: steps])
    }
}

extension ProviderReference {
    package static let test = ProviderReference(kind: .workflow)
}

extension Environment<Created> {
    /// A new environment of no other use.
    package static func sample(_ name: String = "my-env") throws -> Environment<Created> {
        Environment(
            name: try EnvironmentName(name),
            sshCredentials: SSHCredentials(
                username: try SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
                publicKeyPath: try AbsolutePath("/keys/id.pub")),
            provider: .test)
    }
}

/// Runs something that a command's error ends, and gives that error back; nil when it came to its end.
package func commandError(_ body: () async throws -> Void) async throws -> CommandError? {
    do {
        try await body()
        return nil
    } catch let error as CommandError {
        return error
    }
}
