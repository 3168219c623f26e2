import EnvironmentDomain

extension Provider {
    /// A provider that needs no other tools: the instance is a folder on this machine, and the release is a small
    /// process.
    ///
    /// | command | steps |
    /// |---|---|
    /// | provision | `create_instance`, `generate_keys`, `wait_until_ready` |
    /// | configure | `write_configuration`, `verify_configuration` |
    /// | release | `stage_release`, `switch_release` |
    /// | run | `start_service`, `check_service` |
    /// | destroy | `stop_service`, `remove_instance` |
    public static let local = Provider(
        .local,
        provision: [
            .local("create_instance") { try $0.create($1) },
            .generateKeyPair(),
            .local("wait_until_ready", retry: .exponential(5, from: .milliseconds(200))) {
                try $0.checkReady($1)
            },
        ],
        configure: [
            .local("write_configuration") { try $0.writeConfiguration($1) },
            .local("verify_configuration") { try $0.verifyConfiguration($1) },
        ],
        release: [
            .local("stage_release") { try $0.stageRelease($1) },
            .local("switch_release") { try $0.switchRelease($1) },
        ],
        run: [
            .local("start_service") { try await $0.startService($1) },
            .local("check_service", timeout: .seconds(30)) { try await $0.checkService($1) },
        ],
        destroy: [
            .local("stop_service", timeout: .seconds(30)) { try await $0.stopService($1) },
            .local("remove_instance") { try $0.remove($1) },
        ],
        checks: [.localInstance])
}

extension Step {
    /// Creates a step of the local provider, which works on the instance's folder.
    fileprivate static func local(
        _ name: StepName, timeout: Duration = .seconds(60), retry: RetryPolicy = .never,
        body: @escaping @Sendable (LocalInstance, StepContext) async throws -> Void
    ) -> Step {
        Step(name, timeout: timeout, retry: retry) { step in try await body(LocalInstance(step.workspace), step) }
    }
}
