import EnvironmentDomain

extension Provider {
    /// The provider that needs no tool: the instance is a folder on this machine, and what runs in it is a small process.
    ///
    /// | command | steps |
    /// |---|---|
    /// | provision | `create_instance`, `generate_keys`, `wait_until_ready` |
    /// | configure | `write_configuration`, `verify_configuration` |
    /// | release | `stage_release`, `switch_release` |
    /// | run | `start_service`, `check_service` |
    /// | destroy | `stop_service`, `remove_instance` |
    public static let local = {
        var provider = Provider(
            ProviderReference(kind: .local),
            steps: [
                .provision: [
                    LocalStep("create_instance") { try $0.create($1) },
                    LocalStep("generate_keys") { try await $0.keys.generate($1) },
                    LocalStep("wait_until_ready", retry: RetryPolicy(retries: 5, delay: .milliseconds(200))) {
                        try $0.checkReady($1)
                    },
                ],
                .configure: [
                    LocalStep("write_configuration") { try $0.writeConfiguration($1) },
                    LocalStep("verify_configuration") { try $0.verifyConfiguration($1) },
                ],
                .release: [
                    LocalStep("stage_release") { try $0.stageRelease($1) },
                    LocalStep("switch_release") { try $0.switchRelease($1) },
                ],
                .run: [
                    LocalStep("start_service") { try await $0.startService($1) },
                    LocalStep("check_service", timeout: .seconds(30)) { try await $0.checkService($1) },
                ],
                .destroy: [
                    LocalStep("stop_service", timeout: .seconds(30)) { try await $0.stopService($1) },
                    LocalStep("remove_instance") { try $0.remove($1) },
                ],
            ])
        provider.checks = [LocalCheck()]
        return provider
    }()
}

/// A step of the local provider: something done with the instance's folder.
private struct LocalStep: Step {
    let name: StepName
    let timeout: Duration
    let retry: RetryPolicy
    private let body: @Sendable (LocalInstance, StepContext) async throws -> Void

    init(
        _ name: StaticString, timeout: Duration = .seconds(60), retry: RetryPolicy = .never,
        _ body: @escaping @Sendable (LocalInstance, StepContext) async throws -> Void
    ) {
        self.name = StepName(known: name)
        self.timeout = timeout
        self.retry = retry
        self.body = body
    }

    func run(_ context: StepContext) async throws {
        try await body(LocalInstance(context.workspace), context)
    }
}
