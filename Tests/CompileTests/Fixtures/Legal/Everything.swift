import Commands
import EnvironmentDomain
import Persistence

// Everything in this file must compile, which shows that the errors of the other fixtures are not missing imports.

func walk(
    _ created: consuming Environment<Created>, _ instance: Instance, _ failure: StepFailure
) -> Environment<Running> {
    let failed = created.startProvisioning().provisionFailed(failure)
    let provisioned = failed.retryProvisioning().provisioned(instance)
    print(provisioned.instanceAddress, provisioned.name, provisioned.state.instance)
    let released = provisioned.startConfiguring().configured().startReleasing().released()
    return released.startRunning()
}

func again(_ running: consuming Environment<Running>, _ instance: Instance) -> Environment<Configuring> {
    let released = running.releaseAgain().released()
    let running = released.startRunning().runAgain()
    return running.provisionAgain().provisioned(instance).startConfiguring().configureAgain()
}

func create() throws -> Environment<Destroyed> {
    let environment = Environment<Created>(
        name: EnvironmentName("my-env"),
        sshCredentials: SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/a"),
            publicKeyPath: try AbsolutePath("/keys/a.pub")))
    return environment.destroyed()
}

func either(_ environment: consuming Environment<Created>, _ isWanted: Bool) -> AnyEnvironmentState {
    if isWanted {
        environment.startProvisioning().erased
    } else {
        environment.destroyed().erased
    }
}

func cast(_ environment: AnyEnvironmentState) throws -> Environment<Provisioned> {
    try environment.environment(as: Provisioned.self)
}

func look(_ environment: borrowing Environment<Configured>) -> EnvironmentSnapshot<Configured> {
    environment.snapshot
}

func destroyAny<State: DestroyableState>(_ environment: consuming Environment<State>) -> Environment<Destroyed> {
    environment.destroyed()
}

func store(_ environment: AnyEnvironmentState) async throws -> AnyEnvironmentState? {
    let repository: any EnvironmentRepository = try InMemoryEnvironmentRepository()
    try await repository.save(environment)
    return try await repository.load(environment.name)?.document
}

func decode<Value: Decodable>(_: Value.Type) {}

func decodeAny() {
    decode(AnyEnvironmentState.self)
}

func everyState(_ environment: AnyEnvironmentState) -> Bool {
    switch environment {
    case .created, .provisioning, .provisioned, .provisionFailed, .configuring, .configured, .configureFailed: true
    case .releasing, .released, .releaseFailed, .running, .runFailed, .destroyed: false
    }
}
