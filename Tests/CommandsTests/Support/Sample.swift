import Commands
import EnvironmentDomain

extension ProviderReference {
    static let test = ProviderReference(kind: .workflow)
}

extension Provider {
    /// Returns a provider with the same steps for every command.
    static func test(_ steps: [Step]) -> Provider {
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
                username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
                publicKeyPath: try AbsolutePath("/keys/id.pub")),
            provider: .test)
    }
}
