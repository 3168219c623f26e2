import Commands
import EnvironmentDomain

let step = Step("a") { _ in }

// A command takes the steps of its phase from the provider, so that it cannot be given those of another phase.
func provisionWithDestroySteps(_ provider: Provider, _ repository: any EnvironmentRepository) {
    // expected-error@+1 {{cannot convert value of type '[Step]' to expected argument type 'Provider'}}
    _ = ProvisionCommand(provider: provider.steps(of: .destroy), repository: repository)
}

func foreignPhase() {
    // expected-error@+1 {{extra argument 'validate' in call}}
    _ = Provider("mine", validate: [step])
}

func foreignKey() {
    // expected-error@+1 {{type 'Phase' has no member 'validate'}}
    _ = Provider(ProviderReference(kind: "mine"), steps: [.validate: [step]])
}

func wrongGoal(_ orchestrator: DeploymentOrchestrator) async throws {
    // expected-error@+2 {{type 'Goal<State>' has no member 'destroyed'}}
    // expected-error@+1 {{generic parameter 'State' could not be inferred}}
    _ = try await orchestrator.deploy("my-env", to: .destroyed)
}

func wrongHandle(_ orchestrator: DeploymentOrchestrator) async throws {
    // expected-error@+2 {{cannot assign value of type 'Environment<Released>' to type 'Environment<Running>'}}
    // expected-note@+1 {{'Released' and 'Running'}}
    let running: Environment<Running> = try await orchestrator.deploy("my-env", to: Goal<Released>.released)
    _ = running.name
}

func wrongOutput(_ context: StepContext) throws {
    // expected-error@+1 {{cannot convert value of type 'Int' to expected argument type 'String'}}
    try context.set(.instanceAddress, to: 7)
}

func rollbackToNoRelease(_ command: RollbackCommand) async throws {
    // expected-error@+1 {{'Configured' conform to 'ReleaseBegunState'}}
    _ = try await command.execute("my-env", to: .configured)
}

func rollbackWithoutPast(_ provider: Provider, _ repository: any EnvironmentRepository) {
    // expected-error@+1 {{does not conform to}}
    _ = RollbackCommand(provider: provider, repository: repository)
}
