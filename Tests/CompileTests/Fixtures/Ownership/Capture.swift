import EnvironmentDomain

func keep(_ body: @escaping () -> Void) {}

func take(_ environment: consuming Environment<Created>) {}

func capture(_ environment: consuming Environment<Created>) {
    keep {
        // expected-error@+1 {{cannot be consumed when captured by an escaping closure}}
        take(environment)
    }
}

func childTask(_ environment: consuming Environment<Created>) async {
    // expected-error@+1 {{cannot be consumed when captured by an escaping closure}}
    async let taken: Void = take(environment)
    await taken
}
