import EnvironmentDomain

func change(_ snapshot: EnvironmentSnapshot<Provisioning>, _ other: EnvironmentSnapshot<Provisioning>) {
    var changed = snapshot
    // expected-error@+1 {{'context' setter is inaccessible}}
    changed.context = other.context
    // expected-error@+1 {{'state' setter is inaccessible}}
    changed.state = other.state
    // expected-error@+1 {{'outputs' setter is inaccessible}}
    changed.context.outputs = [:]
    // expected-error@+1 {{'destruction' setter is inaccessible}}
    changed.context.destruction = nil
}

func change(_ environment: consuming Environment<Provisioning>, _ other: EnvironmentSnapshot<Provisioning>) {
    // expected-error@+1 {{'snapshot' setter is inaccessible}}
    environment.snapshot = other
}
