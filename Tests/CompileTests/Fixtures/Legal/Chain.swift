import TypedEnvironments

let shop = Provider("shop", provision: [Step("create") { step in try step.set(.instanceAddress, to: "127.0.0.1") }])

func chain(_ repository: FileEnvironmentRepository) async throws {
    let env = Environment("my-env", provider: shop)
    let provisioned = try await ProvisionCommand(provider: shop, repository: repository).execute(env)
    let configured = try await ConfigureCommand(provider: shop, repository: repository).execute(provisioned)
    let released = try await ReleaseCommand(provider: shop, repository: repository).execute(configured)
    let again = try await ReleaseCommand(provider: shop, repository: repository).again(released)
    _ = again.name
}

func credentials(_ path: AbsolutePath) throws -> [SSHCredentials] {
    [try SSHCredentials(user: "deploy", privateKey: path), .generated, .generated(for: "me")]
}

extension Step {
    static func ping(_ host: String) -> Step { Step("ping") { step in try await step.run("ping", "-c", "1", host) } }
}
