import EnvironmentDomain

func jump(_ environment: consuming Environment<Created>, _ state: Running) {
    // expected-error@+1 {{'withState' is inaccessible due to 'internal' protection level}}
    _ = environment.withState(state)
}
