import TypedEnvironments  // one product that re-exports EnvironmentDomain, Persistence and Commands

extension OutputKey where Value == Int { static let port = OutputKey("port") }

let shop = Provider(
    "shop",
    provision: [
        Step("create_instance", timeout: .seconds(60)) { step in
            let address = try await step.run("echo", "127.0.0.1").output  // found on the PATH, trailing newline removed
            try step.set(.instanceAddress, to: address)
        },
        Step("wait_until_ready", retry: .constant(5, every: .milliseconds(10))) { step in
            try step.set(.port, to: 8080)
        },
    ],
    configure: [.shell("install", "echo installed > \"$INSTANCE_DIR/installed\"")],
    release: [Step("publish") { step in step.log("publishing \(step.parameters["tag"] ?? "nothing")") }],
    run: [.shell("check", "test -f \"$INSTANCE_DIR/installed\"")])

@main
struct Deploy {
    static func main() async throws {
        let repository = try FileEnvironmentRepository(dataFolder: "data")
        let deployer = DeploymentOrchestrator(provider: shop, repository: repository)
        // Environment<Released>
        let env = try await deployer.deploy("my-env", to: .released, parameters: ["tag": "v1"])
        print(env.instanceAddress, env[.port] ?? 0)
    }
}

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
