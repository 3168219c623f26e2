import Commands
import EnvironmentDomain

func provisionConfigured(_ command: ProvisionCommand, _ environment: consuming Environment<Configured>) async throws {
    // expected-error@+2 {{cannot convert value of type 'Environment<Configured>'}}
    // expected-note@+1 {{generic parameter 'State'}}
    _ = try await command.execute(environment)
}

func resumeAFailedOne(_ command: ProvisionCommand, _ environment: consuming Environment<ProvisionFailed>) async throws {
    // expected-error@+2 {{cannot convert value of type 'Environment<ProvisionFailed>'}}
    // expected-note@+1 {{generic parameter 'State'}}
    _ = try await command.resume(environment)
}

func destroyDestroyed(_ command: DestroyCommand, _ environment: consuming Environment<Destroyed>) async throws {
    // expected-error@+1 {{requires that 'Destroyed' conform to 'DestroyableState'}}
    _ = try await command.execute(environment)
}

func takeAnErasedOne(_ command: RunCommand, _ environment: AnyEnvironmentState) async throws {
    // expected-error@+1 {{cannot convert value of type 'AnyEnvironmentState'}}
    _ = try await command.execute(environment)
}

func takeASnapshot(_ command: RunCommand, _ environment: EnvironmentSnapshot<Released>) async throws {
    // expected-error@+1 {{cannot convert value of type 'EnvironmentSnapshot<Released>'}}
    _ = try await command.execute(environment)
}
