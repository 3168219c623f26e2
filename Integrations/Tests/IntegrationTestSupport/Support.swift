package import Commands
package import EnvironmentDomain

extension Step {
    /// The step that provisioning needs at least.
    package static func settingAddress(_ name: StepName = "create_instance") -> Step {
        Step(name) { try $0.set(.instanceAddress, to: "10.0.0.7") }
    }

    /// A step that fails so often, with its attempt's number in the summary.
    package static func failing(_ name: StepName, times: Int, retries: Int = 0) -> Step {
        Step(name, retry: .constant(retries, every: .milliseconds(1))) { step in
            if step.attempt <= times {
                throw StepError(kind: "not_ready", summary: "attempt \(step.attempt) was too early")
            }
        }
    }
}

extension Provider {
    /// A workflow of a provider of no other use.
    package static func test(_ steps: [Step]) -> Provider {
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
                username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
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
