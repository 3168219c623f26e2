import EnvironmentDomain

// expected-error@+1 {{'environment' consumed more than once}}
func copy(_ environment: consuming Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    let first = environment
    // expected-note@+1 {{consumed again here}}
    let second = environment
    _ = first.startProvisioning()
    _ = second.startProvisioning()
}

func take(_ environment: consuming Environment<Created>) {}

// expected-error@+1 {{'environment' consumed more than once}}
func passTwice(_ environment: consuming Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    take(environment)
    // expected-note@+1 {{consumed again here}}
    take(environment)
}

// expected-error@+1 {{'environment' is borrowed and cannot be consumed}}
func consumeWhatIsBorrowed(_ environment: borrowing Environment<Created>) {
    // expected-note@+1 {{consumed here}}
    _ = environment.startProvisioning()
}
