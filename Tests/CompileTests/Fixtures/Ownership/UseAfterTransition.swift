import EnvironmentDomain

// expected-error@+1 {{'environment' used after consume}}
func read(_ environment: consuming Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    _ = environment.startProvisioning()
    // expected-note@+1 {{used here}}
    print(environment.name)
}

// expected-error@+1 {{'environment' consumed more than once}}
func again(_ environment: consuming Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    _ = environment.startProvisioning()
    // expected-note@+1 {{consumed again here}}
    _ = environment.startProvisioning()
}

// expected-error@+1 {{'environment' consumed more than once}}
func another(_ environment: consuming Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    _ = environment.startProvisioning()
    // expected-note@+1 {{consumed again here}}
    _ = environment.destroyed()
}

// expected-error@+1 {{'environment' consumed more than once}}
func perhaps(_ environment: consuming Environment<Created>, _ isWanted: Bool) {
    if isWanted {
        // expected-note@+1 {{consumed here}}
        _ = environment.startProvisioning()
    }
    // expected-note@+1 {{consumed again here}}
    _ = environment.destroyed()
}

// expected-error@+1 {{'environment' consumed in a loop}}
func loop(_ environment: consuming Environment<Created>) {
    for _ in 0..<2 {
        // expected-note@+1 {{consumed here}}
        _ = environment.startProvisioning()
    }
}
