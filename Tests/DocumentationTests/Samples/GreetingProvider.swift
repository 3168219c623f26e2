import Commands
import EnvironmentDomain

/// Makes an instance at an address that it is given, and greets it.
struct GreetingProvider {
    let address: String
    let greet: @Sendable (_ address: String) async throws -> String

    func provider() throws -> Provider {
        Provider(
            ProviderReference(kind: try ProviderKind("greeting")),
            steps: [
                .provision: [ReserveAddress(name: try StepName("reserve_address"), address: address)],
                .configure: [Greet(name: try StepName("greet"), greet: greet)],
            ])
    }
}

private struct ReserveAddress: Step {
    let name: StepName
    let address: String

    func run(_ context: StepContext) async throws {
        try context.handOn("instance_address", address)
    }
}

private struct Greet: Step {
    let name: StepName
    let timeout = Duration.seconds(30)
    let retry = RetryPolicy(retries: 2, delay: .milliseconds(10))
    let greet: @Sendable (_ address: String) async throws -> String

    func run(_ context: StepContext) async throws {
        guard let address = context.environment.instance?.address.text else {
            throw StepError(kind: "no_instance", summary: "there is nobody to greet")
        }
        try context.handOn("answer", try await greet(address))
    }
}
