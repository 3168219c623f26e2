import Commands
import EnvironmentDomain

// expected-error@+1 {{'environment' consumed more than once}}
func provisionTwice(_ command: ProvisionCommand, _ environment: consuming Environment<Created>) async throws {
    // expected-note@+1 {{consumed here}}
    _ = try await command.execute(environment)
    // expected-note@+1 {{consumed again here}}
    _ = try await command.execute(environment)
}

// expected-error@+1 {{'environment' consumed more than once}}
func destroyTwice(_ command: DestroyCommand, _ environment: consuming Environment<Running>) async throws {
    // expected-note@+1 {{consumed here}}
    _ = try await command.execute(environment)
    // expected-note@+1 {{consumed again here}}
    _ = try await command.execute(environment)
}

// expected-error@+1 {{'environment' used after consume}}
func look(_ command: ConfigureCommand, _ environment: consuming Environment<Provisioned>) async throws {
    // expected-note@+1 {{consumed here}}
    _ = try await command.execute(environment)
    // expected-note@+1 {{used here}}
    print(environment.instanceAddress)
}

// expected-error@+1 {{'environment' consumed more than once}}
func transitionAndCommand(_ command: ReleaseCommand, _ environment: consuming Environment<Configured>) async throws {
    // expected-note@+1 {{consumed here}}
    _ = environment.startReleasing()
    // expected-note@+1 {{consumed again here}}
    _ = try await command.execute(environment)
}

// expected-error@+1 {{'environment' is borrowed and cannot be consumed}}
func borrowed(_ command: RunCommand, _ environment: borrowing Environment<Released>) async throws {
    // expected-note@+1 {{consumed here}}
    _ = try await command.execute(environment)
}
