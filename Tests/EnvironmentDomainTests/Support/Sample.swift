import EnvironmentDomain

/// Sample environments in each of the 13 states, created only by transitions and with fixed identifiers and times.
enum Sample {
    static let instance = "10.0.0.7"

    /// Returns the moment `seconds` after 2026-11-20T22:19:01.123Z.
    static func time(_ seconds: Int64) throws -> Timestamp {
        let start = try Timestamp("2026-11-20T22:19:01.123Z")
        return Timestamp(millisecondsSince1970: start.millisecondsSince1970 + seconds * 1000)
    }

    static func id<Purpose>(_ number: Int) throws -> RandomID<Purpose> {
        let digits = String(number)
        return try RandomID(String(repeating: "0", count: 32 - digits.count) + digits)
    }

    /// Returns the run of a command; number 1 starts a minute after the environment was created, number 2 a minute
    /// later.
    static func run(_ number: Int) throws -> CommandRun {
        CommandRun(id: try id(number), startedAt: try time(Int64(number) * 60))
    }

    static func failure(_ step: String, startedAt seconds: Int64) throws -> StepFailure {
        StepFailure(
            failedStep: try StepName(step), errorKind: "exit_status", summary: "the command ended with status 3",
            startedAt: try time(seconds), failedAt: try time(seconds + 2), attempts: 2, traceID: try id(77),
            traceFile: try AbsolutePath("/var/lib/deploy/my-env/traces/77.txt"))
    }

    static func anInstance() throws -> Instance {
        Instance(address: try InstanceAddress(instance))
    }

    static func credentials() throws -> SSHCredentials {
        SSHCredentials(
            username: SSHUsername("deploy"),
            privateKeyPath: try AbsolutePath("/var/lib/deploy/my-env/keys/id_ed25519"),
            publicKeyPath: try AbsolutePath("/var/lib/deploy/my-env/keys/id_ed25519.pub"))
    }

    static func created() throws -> Environment<Created> {
        Environment(
            name: EnvironmentName("my-env"), sshCredentials: try credentials(),
            provider: ProviderReference(
                kind: .workflow, source: try AbsolutePath("/home/me/deploy/workflow.json"),
                digest: try Checksum("crc32c:5e6f7a8b")),
            createdAt: try time(0))
    }

    /// Returns an environment with one completed step and a current one, as after a kill.
    static func provisioning() throws -> Environment<Provisioning> {
        try halfDone(created().startProvisioning(run(1)), "render_files", "create_instance", startedAt: 60)
    }

    static func provisionFailed() throws -> Environment<ProvisionFailed> {
        try provisioning().provisionFailed(failure("create_instance", startedAt: 62))
    }

    /// Returns an environment whose steps have set the address; from this state on it has an output.
    static func provisioned() throws -> Environment<Provisioned> {
        let environment = try provisioning()
        var snapshot = environment.snapshot
        snapshot.context.outputs = ["instance_address": instance]
        return try Environment(snapshot).provisioned(anInstance())
    }

    static func configuring() throws -> Environment<Configuring> {
        try halfDone(provisioned().startConfiguring(run(2)), "wait_for_ssh", "install_packages", startedAt: 120)
    }

    static func configureFailed() throws -> Environment<ConfigureFailed> {
        try configuring().configureFailed(failure("install_packages", startedAt: 122))
    }

    static func configured() throws -> Environment<Configured> { try configuring().configured() }

    static func releasing() throws -> Environment<Releasing> {
        try halfDone(configured().startReleasing(run(3)), "upload_release", "unpack_release", startedAt: 180)
    }

    static func releaseFailed() throws -> Environment<ReleaseFailed> {
        try releasing().releaseFailed(failure("unpack_release", startedAt: 182))
    }

    static func released() throws -> Environment<Released> { try releasing().released() }

    static func running() throws -> Environment<Running> {
        try halfDone(released().startRunning(run(4)), "start_services", "wait_until_healthy", startedAt: 240)
    }

    static func runFailed() throws -> Environment<RunFailed> {
        try running().runFailed(failure("wait_until_healthy", startedAt: 242))
    }

    static func destroyed() throws -> Environment<Destroyed> { try running().destroyed() }

    /// Returns the sample in a state that is known only at run time.
    static func environment(in state: LifecycleState) throws -> AnyEnvironmentState {
        switch state {
        case .created: try created().erased
        case .provisioning: try provisioning().erased
        case .provisioned: try provisioned().erased
        case .provisionFailed: try provisionFailed().erased
        case .configuring: try configuring().erased
        case .configured: try configured().erased
        case .configureFailed: try configureFailed().erased
        case .releasing: try releasing().erased
        case .released: try released().erased
        case .releaseFailed: try releaseFailed().erased
        case .running: try running().erased
        case .runFailed: try runFailed().erased
        case .destroyed: try destroyed().erased
        }
    }

    /// Returns a destroy that has started, and has failed if a failure is given.
    static func destruction(failure: StepFailure? = nil) throws -> Destruction {
        var progress = StepProgress(command: try run(9))
        progress.start(StepName("remove_instance"), at: try time(540))
        return Destruction(progress: failure == nil ? progress : progress.stopped(), failure: failure)
    }

    /// Returns a running environment with all steps complete.
    static func finishedRunning() throws -> Environment<Running> {
        let environment = try running()
        var snapshot = environment.snapshot
        snapshot.state.progress.complete(
            StepName("wait_until_healthy"), startedAt: try time(242), at: try time(244), attempts: 1)
        snapshot.state.progress.finish(at: try time(245))
        return Environment(snapshot)
    }

    static func completedRelease() throws -> CompletedPhase {
        CompletedPhase(
            parameters: try ["tag": "v2"].parameters(), stepsDigest: try Checksum("crc32c:5e6f7a8b"), serial: 31,
            at: try time(182))
    }

    /// The environments with optional members, by the names of their golden files.
    static var withOptionalMembers: [String: () throws -> AnyEnvironmentState] {
        [
            "released-parameters": { try released().erased.withCompletedRelease() },
            "releasing-rollback": {
                var context = try releasing().erased.withCompletedRelease().context
                context.completed = [:]
                context.rollback = Rollback(serial: 31, goal: .run)
                return try releasing().erased.with(context)
            },
            "created-without-credentials": {
                let provider = ProviderReference(kind: .workflow)
                return Environment(name: "my-env", provider: provider, createdAt: try time(0)).erased
            },
        ]
    }

    private static func halfDone<State: InProgressState>(
        _ environment: consuming Environment<State>, _ first: String, _ second: String, startedAt seconds: Int64
    ) throws -> Environment<State> {
        var snapshot = environment.snapshot
        snapshot.state.progress.start(try StepName(first), at: try time(seconds))
        snapshot.state.progress.complete(
            try StepName(first), startedAt: try time(seconds), at: try time(seconds + 2), attempts: 1)
        snapshot.state.progress.start(try StepName(second), at: try time(seconds + 2))
        return Environment(snapshot)
    }
}

extension AnyEnvironmentState {
    /// Returns the same environment with the parameters and the completion of its newest release.
    fileprivate func withCompletedRelease() throws -> AnyEnvironmentState {
        var changed = context
        changed.parameters = ["tag": "v2"]
        changed.completed = [.release: try Sample.completedRelease()]
        return with(changed)
    }

    /// Returns the same environment with a destroy in progress.
    func with(_ destruction: Destruction?) -> AnyEnvironmentState {
        var changed = context
        changed.destruction = destruction
        return with(changed)
    }

    /// Returns the environment after the transition that the table names.
    func taking(_ edge: LifecycleEdge) throws -> AnyEnvironmentState {
        func fail(_ step: String) throws -> StepFailure { try Sample.failure(step, startedAt: 600) }
        let run = try Sample.run(5)
        switch edge.method {
        case "startProvisioning()": return try environment(as: Created.self).startProvisioning(run).erased
        case "provisioned(_:)":
            return try environment(as: Provisioning.self).provisioned(Sample.anInstance()).erased
        case "provisionFailed(_:)":
            return try environment(as: Provisioning.self).provisionFailed(fail("a")).erased
        case "retryProvisioning()": return try environment(as: ProvisionFailed.self).retryProvisioning(run).erased
        case "startConfiguring()": return try environment(as: Provisioned.self).startConfiguring(run).erased
        case "configured()": return try environment(as: Configuring.self).configured().erased
        case "configureFailed(_:)": return try environment(as: Configuring.self).configureFailed(fail("b")).erased
        case "retryConfiguring()": return try environment(as: ConfigureFailed.self).retryConfiguring(run).erased
        case "startReleasing()": return try environment(as: Configured.self).startReleasing(run).erased
        case "released()": return try environment(as: Releasing.self).released().erased
        case "releaseFailed(_:)": return try environment(as: Releasing.self).releaseFailed(fail("c")).erased
        case "retryReleasing()": return try environment(as: ReleaseFailed.self).retryReleasing(run).erased
        case "startRunning()": return try environment(as: Released.self).startRunning(run).erased
        case "runFailed(_:)": return try environment(as: Running.self).runFailed(fail("d")).erased
        case "retryRunning()": return try environment(as: RunFailed.self).retryRunning(run).erased
        case "destroyed()": return try takingDestroyed()
        case "provisionAgain()": return try takingProvisionAgain(run)
        case "configureAgain()": return try takingConfigureAgain(run)
        case "releaseAgain()": return try takingReleaseAgain(run)
        case "runAgain()": return try takingRunAgain(run)
        default: throw UnknownMethod(name: edge.method)
        }
    }

    private func takingDestroyed() throws -> AnyEnvironmentState {
        switch self {
        case .created: try environment(as: Created.self).destroyed().erased
        case .provisioning: try environment(as: Provisioning.self).destroyed().erased
        case .provisioned: try environment(as: Provisioned.self).destroyed().erased
        case .provisionFailed: try environment(as: ProvisionFailed.self).destroyed().erased
        case .configuring: try environment(as: Configuring.self).destroyed().erased
        case .configured: try environment(as: Configured.self).destroyed().erased
        case .configureFailed: try environment(as: ConfigureFailed.self).destroyed().erased
        case .releasing: try environment(as: Releasing.self).destroyed().erased
        case .released: try environment(as: Released.self).destroyed().erased
        case .releaseFailed: try environment(as: ReleaseFailed.self).destroyed().erased
        case .running: try environment(as: Running.self).destroyed().erased
        case .runFailed: try environment(as: RunFailed.self).destroyed().erased
        case .destroyed: throw UnknownMethod(name: "destroyed() of a destroyed environment")
        }
    }

    private func takingProvisionAgain(_ run: CommandRun) throws -> AnyEnvironmentState {
        switch self {
        case .provisioning: try environment(as: Provisioning.self).provisionAgain(run).erased
        case .provisioned: try environment(as: Provisioned.self).provisionAgain(run).erased
        case .provisionFailed: try environment(as: ProvisionFailed.self).provisionAgain(run).erased
        case .configuring: try environment(as: Configuring.self).provisionAgain(run).erased
        case .configured: try environment(as: Configured.self).provisionAgain(run).erased
        case .configureFailed: try environment(as: ConfigureFailed.self).provisionAgain(run).erased
        case .releasing: try environment(as: Releasing.self).provisionAgain(run).erased
        case .released: try environment(as: Released.self).provisionAgain(run).erased
        case .releaseFailed: try environment(as: ReleaseFailed.self).provisionAgain(run).erased
        case .running: try environment(as: Running.self).provisionAgain(run).erased
        case .runFailed: try environment(as: RunFailed.self).provisionAgain(run).erased
        default: throw UnknownMethod(name: "provisionAgain() of an environment that is \(state)")
        }
    }

    private func takingConfigureAgain(_ run: CommandRun) throws -> AnyEnvironmentState {
        switch self {
        case .configuring: try environment(as: Configuring.self).configureAgain(run).erased
        case .configured: try environment(as: Configured.self).configureAgain(run).erased
        case .configureFailed: try environment(as: ConfigureFailed.self).configureAgain(run).erased
        case .releasing: try environment(as: Releasing.self).configureAgain(run).erased
        case .released: try environment(as: Released.self).configureAgain(run).erased
        case .releaseFailed: try environment(as: ReleaseFailed.self).configureAgain(run).erased
        case .running: try environment(as: Running.self).configureAgain(run).erased
        case .runFailed: try environment(as: RunFailed.self).configureAgain(run).erased
        default: throw UnknownMethod(name: "configureAgain() of an environment that is \(state)")
        }
    }

    private func takingReleaseAgain(_ run: CommandRun) throws -> AnyEnvironmentState {
        switch self {
        case .releasing: try environment(as: Releasing.self).releaseAgain(run).erased
        case .released: try environment(as: Released.self).releaseAgain(run).erased
        case .releaseFailed: try environment(as: ReleaseFailed.self).releaseAgain(run).erased
        case .running: try environment(as: Running.self).releaseAgain(run).erased
        case .runFailed: try environment(as: RunFailed.self).releaseAgain(run).erased
        default: throw UnknownMethod(name: "releaseAgain() of an environment that is \(state)")
        }
    }

    private func takingRunAgain(_ run: CommandRun) throws -> AnyEnvironmentState {
        switch self {
        case .running: try environment(as: Running.self).runAgain(run).erased
        case .runFailed: try environment(as: RunFailed.self).runAgain(run).erased
        default: throw UnknownMethod(name: "runAgain() of an environment that is \(state)")
        }
    }
}

/// An error for a method in the table that these tests do not know.
struct UnknownMethod: Error {
    let name: String
}

extension [String: String] {
    func parameters() throws -> [ParameterName: String] {
        var parameters: [ParameterName: String] = [:]
        for (name, value) in self { parameters[try ParameterName(name)] = value }
        return parameters
    }
}
